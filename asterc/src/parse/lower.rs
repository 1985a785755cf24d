//! From pest's pairs to the AST. Pairs never leave `parse`.

use super::{Items, Parser, Rule, errors, literal};
use crate::ast::{
    Argument, Attribute, Case, EnumValue, Expression, Field, Import, Marks, Method, Name, Outcome, Path,
    Request, Shape, Type, Value,
};
use crate::source::Span;
use pest::iterators::{Pair, Pairs};

/// The grammar puts these children into every pair that is asked for them.
pub(super) const CHILD: &str = "grammar: a child of this rule";

impl Parser<'_> {
    fn place(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        let place = self.origins.of_range(span.start()..span.end());
        Span::new(self.file, place.start, place.end)
    }

    pub(super) fn name(&self, pair: &Pair<'_, Rule>) -> Name {
        Name {
            text: literal::nfc(pair.as_str()),
            span: self.place(pair),
        }
    }

    fn path(&self, pair: &Pair<'_, Rule>) -> Path {
        Path {
            text: literal::nfc(pair.as_str()),
            span: self.place(pair),
        }
    }

    pub(super) fn inner_name(&self, pair: Pair<'_, Rule>) -> Name {
        self.name(&pair.into_inner().next().expect(CHILD))
    }

    pub(super) fn inner_path(&self, pair: Pair<'_, Rule>) -> Path {
        self.path(&pair.into_inner().next().expect(CHILD))
    }

    /// Documentation and attributes of the item whose name is at `name`.
    pub(super) fn marks(&mut self, attributes: Vec<Attribute>, name: Span) -> Marks {
        Marks {
            docs: self.take_docs(name.start as usize),
            attributes,
        }
    }

    fn take_docs(&mut self, before: usize) -> String {
        let mut docs = String::new();
        while let Some(doc) = self.docs.get(self.next_doc).filter(|doc| doc.start < before) {
            self.next_doc += 1;
            if doc.trails && !doc.of_file {
                let place = Span::new(self.file, doc.start, doc.end);
                self.out.push(errors::trailing_docs(place));
            }
            if !doc.of_file {
                push_doc(&mut docs, &self.source[doc.start..doc.end], "///");
            }
        }
        docs
    }

    /// Forgets documentation inside a statement that was read, or could not be.
    pub(super) fn skip_docs(&mut self, before: usize) {
        while self.docs.get(self.next_doc).is_some_and(|doc| doc.start < before) {
            self.next_doc += 1;
        }
    }

    /// Warns of documentation that no item follows.
    pub(super) fn drop_docs(&mut self, before: usize) {
        let first = self.next_doc;
        self.skip_docs(before);
        let left = self.docs[first..self.next_doc].iter().filter(|doc| !doc.of_file);
        let trails = left.clone().all(|doc| doc.trails);
        let place = left
            .map(|doc| Span::new(self.file, doc.start, doc.end))
            .reduce(Span::to);
        if let Some(place) = place {
            self.out.push(if trails {
                errors::trailing_docs(place)
            } else {
                errors::misplaced_docs(place)
            });
        }
    }

    pub(super) fn file_docs(&mut self) {
        let mut docs = String::new();
        for doc in self.docs.iter().filter(|doc| doc.of_file) {
            push_doc(&mut docs, &self.source[doc.start..doc.end], "//!");
        }
        self.ast.docs = docs;
    }

    pub(super) fn lower_attributes(&mut self, pair: Pair<'_, Rule>) -> Vec<Attribute> {
        pair.into_inner().map(|pair| self.lower_attribute(pair)).collect()
    }

    fn lower_attribute(&mut self, pair: Pair<'_, Rule>) -> Attribute {
        let start = self.origins.of(pair.as_span().start());
        let mut inner = pair.into_inner();
        let name = inner.next().expect(CHILD);
        let text = literal::nfc(&name.as_str()[1..]);
        let name = Path {
            text,
            span: self.place(&name),
        };
        let mut end = name.span.end as usize;
        let mut arguments = Vec::new();
        for pair in inner {
            end = self.place(&pair).end as usize;
            if pair.as_rule() == Rule::argument {
                arguments.push(self.lower_argument(pair));
            }
        }
        Attribute {
            name,
            span: Span::new(self.file, start, end),
            arguments,
        }
    }

    fn lower_argument(&mut self, pair: Pair<'_, Rule>) -> Argument {
        let mut inner = pair.into_inner();
        let first = inner.next().expect(CHILD);
        let (name, value) = if first.as_rule() == Rule::argument_name {
            (Some(self.inner_name(first)), inner.next().expect(CHILD))
        } else {
            (None, first)
        };
        let value = self.expression(value);
        let span = name.as_ref().map_or(value.span, |name| name.span.to(value.span));
        Argument { name, value, span }
    }

    pub(super) fn lower_import(&mut self, pair: Pair<'_, Rule>, keyword: usize) -> Import {
        let mut inner = pair.into_inner();
        let path = self.expression(inner.next().expect(CHILD));
        let alias = inner
            .find(|pair| pair.as_rule() == Rule::name)
            .map(|pair| self.name(&pair));
        let end = alias.as_ref().map_or(path.span, |alias| alias.span);
        Import {
            span: Span::new(self.file, keyword, end.end as usize),
            path_span: path.span,
            path: match path.value {
                Value::String(path) => path,
                _ => String::new(),
            },
            alias,
        }
    }

    pub(super) fn lower_alias(&mut self, pair: Pair<'_, Rule>) -> (Name, Type) {
        let mut inner = pair.into_inner();
        let name = self.name(&inner.next().expect(CHILD));
        let ty = inner.find(|pair| is_type(pair)).expect(CHILD);
        (name, self.ty(ty))
    }

    pub(super) fn lower_constant(&mut self, pair: Pair<'_, Rule>) -> (Name, Type, Expression) {
        let mut inner = pair.into_inner();
        let name = self.name(&inner.next().expect(CHILD));
        let ty = inner.find(|pair| is_type(pair)).expect(CHILD);
        let ty = self.ty(ty);
        let value = inner.last().expect(CHILD);
        (name, ty, self.expression(value))
    }

    pub(super) fn lower_reserved(&mut self, pair: Pair<'_, Rule>) -> Vec<Expression> {
        let items = pair
            .into_inner()
            .filter(|pair| pair.as_rule() == Rule::reserved_item);
        items
            .map(|item| self.expression(item.into_inner().next().expect(CHILD)))
            .collect()
    }

    /// The items of a body that is right.
    pub(super) fn lower_items<'s>(&mut self, pairs: impl Iterator<Item = Pair<'s, Rule>>) -> Items {
        let mut items = Items::default();
        let mut attributes = Vec::new();
        for pair in pairs {
            match pair.as_rule() {
                Rule::attributes => attributes = self.lower_attributes(pair),
                rule => {
                    let end = self.place(&pair).end as usize;
                    let attributes = std::mem::take(&mut attributes);
                    match rule {
                        Rule::whole_field => items.fields.push(self.lower_field(pair, attributes)),
                        Rule::whole_enum_value => items.values.push(self.lower_enum_value(pair, attributes)),
                        Rule::whole_case => items.cases.push(self.lower_case(pair, attributes)),
                        Rule::whole_method => items.methods.push(self.lower_method(pair, attributes)),
                        _ => {
                            self.drop_docs(self.place(&pair).start as usize);
                            let body = pair
                                .into_inner()
                                .find(|pair| pair.as_rule() == Rule::reserved_body);
                            items.reserved.extend(self.lower_reserved(body.expect(CHILD)));
                        }
                    }
                    self.drop_docs(end);
                }
            }
        }
        items
    }

    pub(super) fn lower_field(&mut self, pair: Pair<'_, Rule>, attributes: Vec<Attribute>) -> Field {
        let mut inner = pair.into_inner();
        let name = inner.find(|pair| pair.as_rule() == Rule::name);
        let name = self.name(&name.expect(CHILD));
        let marks = self.marks(attributes, name.span);
        let ty = inner.find(|pair| is_type(pair)).expect(CHILD);
        let ty = self.ty(ty);
        let default = inner
            .find(|pair| pair.as_rule() != Rule::equals)
            .map(|pair| self.expression(pair));
        Field {
            name,
            marks,
            ty,
            default,
        }
    }

    pub(super) fn lower_enum_value(&mut self, pair: Pair<'_, Rule>, attributes: Vec<Attribute>) -> EnumValue {
        let mut inner = pair.into_inner();
        let name = self.name(&inner.next().expect(CHILD));
        let marks = self.marks(attributes, name.span);
        let number = inner.last().expect(CHILD);
        EnumValue {
            name,
            marks,
            number: self.expression(number),
        }
    }

    pub(super) fn lower_case(&mut self, pair: Pair<'_, Rule>, attributes: Vec<Attribute>) -> Case {
        let mut inner = pair.into_inner();
        let name = self.name(&inner.next().expect(CHILD));
        let marks = self.marks(attributes, name.span);
        let ty = inner.find(|pair| is_type(pair)).expect(CHILD);
        let ty = self.ty(ty);
        let number = inner.last().expect(CHILD);
        Case {
            name,
            marks,
            ty,
            number: self.expression(number),
        }
    }

    pub(super) fn lower_method(&mut self, pair: Pair<'_, Rule>, attributes: Vec<Attribute>) -> Method {
        let mut inner = pair.into_inner();
        let name = inner.find(|pair| pair.as_rule() == Rule::name);
        let name = self.name(&name.expect(CHILD));
        let marks = self.marks(attributes, name.span);
        let request = inner.next().expect(CHILD);
        let request_span = self.place(&request);
        let request = self.lower_request(request);
        let result = inner.find(|pair| matches!(pair.as_rule(), Rule::result | Rule::whole_result));
        let result = result.expect(CHILD);
        Method {
            name,
            marks,
            request,
            request_span,
            result: self.lower_result(result),
        }
    }

    fn lower_request(&mut self, pair: Pair<'_, Rule>) -> Request {
        let mut streams = false;
        let mut parameters = Vec::new();
        for pair in pair.into_inner() {
            match pair.as_rule() {
                Rule::kw_stream => streams = true,
                Rule::stream_of_parameters => return Request::StreamOfParameters,
                Rule::ty | Rule::whole_ty if streams => return Request::Stream(self.ty(pair)),
                Rule::ty | Rule::whole_ty => return Request::Type(self.ty(pair)),
                Rule::parameter | Rule::whole_parameter => {
                    let parameter = self.lower_parameter(pair);
                    parameters.push(parameter);
                }
                _ => {}
            }
        }
        Request::Parameters(parameters)
    }

    fn lower_parameter(&mut self, pair: Pair<'_, Rule>) -> Field {
        let mut attributes = Vec::new();
        let mut inner = pair.clone().into_inner().peekable();
        if let Some(first) = inner.next_if(|pair| pair.as_rule() == Rule::attributes) {
            attributes = self.lower_attributes(first);
        }
        match inner.peek().map(Pair::as_rule) {
            Some(Rule::field_body) => self.lower_field(inner.next().expect(CHILD), attributes),
            _ => self.lower_field(pair, attributes),
        }
    }

    fn lower_result(&mut self, pair: Pair<'_, Rule>) -> Outcome {
        let mut streams = false;
        for pair in pair.into_inner() {
            match pair.as_rule() {
                Rule::kw_stream => streams = true,
                Rule::unit if streams => return Outcome::StreamOfNothing(self.place(&pair)),
                Rule::ty | Rule::whole_ty if streams => return Outcome::Stream(self.ty(pair)),
                Rule::ty | Rule::whole_ty => return Outcome::Type(self.ty(pair)),
                _ => {}
            }
        }
        Outcome::Nothing
    }

    /// Recursion is bounded by the scan: no more brackets are open than it allows.
    fn ty(&mut self, pair: Pair<'_, Rule>) -> Type {
        let mut inner = pair.into_inner().peekable();
        let first = inner.next().expect(CHILD);
        let mut span = self.place(&first);
        let shape = match first.as_rule() {
            Rule::list_type => Shape::List(self.inner_type(&mut first.into_inner())),
            Rule::set_type => Shape::Set(self.inner_type(&mut first.into_inner())),
            Rule::map_type => {
                let mut inner = first.into_inner();
                let key = self.inner_type(&mut inner);
                Shape::Map(key, self.inner_type(&mut inner))
            }
            Rule::path => {
                let first_of = inner.next_if(is_type).map(|ty| Box::new(self.ty(ty)));
                let second_of = inner.next_if(is_type).map(|ty| Box::new(self.ty(ty)));
                if let Some(close) = inner.next_if(|pair| pair.as_rule() == Rule::close_angle) {
                    span = span.to(self.place(&close));
                }
                self.applied(&first, first_of, second_of)
            }
            _ => Shape::Named(self.path(&first)),
        };
        let optional: Vec<Span> = inner.map(|question| self.place(&question)).collect();
        if let Some(last) = optional.last() {
            span = span.to(*last);
        }
        Type {
            shape,
            optional,
            span,
        }
    }

    /// A name and what stands in angle brackets behind it.
    fn applied(
        &mut self,
        name: &Pair<'_, Rule>,
        first: Option<Box<Type>>,
        second: Option<Box<Type>>,
    ) -> Shape {
        let text = name.as_str();
        match (first, second) {
            (Some(element), None) if text == "list" => return Shape::List(element),
            (Some(element), None) if text == "set" => return Shape::Set(element),
            (Some(key), Some(value)) if text == "map" => return Shape::Map(key, value),
            (None, None) => self.malformed |= matches!(text, "list" | "set" | "map"),
            _ => self.malformed = true,
        }
        Shape::Named(self.path(name))
    }

    fn inner_type(&mut self, inner: &mut Pairs<'_, Rule>) -> Box<Type> {
        let ty = inner.find(is_type).expect(CHILD);
        Box::new(self.ty(ty))
    }

    fn expression(&mut self, pair: Pair<'_, Rule>) -> Expression {
        let span = self.place(&pair);
        let value = match pair.as_rule() {
            Rule::string => match literal::string(pair.as_str()) {
                Ok(text) => Value::String(text),
                Err(bad) => {
                    self.out
                        .extend(bad.into_iter().map(|bad| errors::escape(span, bad)));
                    Value::Invalid
                }
            },
            Rule::number => match literal::number(pair.as_str()) {
                Ok(value) => value,
                Err(bad) => {
                    self.out.push(errors::number(span, bad));
                    Value::Invalid
                }
            },
            Rule::list_value => {
                let items = pair.into_inner().filter(|item| {
                    !matches!(
                        item.as_rule(),
                        Rule::open_bracket | Rule::close_bracket | Rule::comma
                    )
                });
                Value::List(items.map(|item| self.expression(item)).collect())
            }
            Rule::map_value => Value::EmptyMap,
            _ => match pair.as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                path => Value::Path(literal::nfc(path)),
            },
        };
        Expression { value, span }
    }
}

fn is_type(pair: &Pair<'_, Rule>) -> bool {
    matches!(pair.as_rule(), Rule::ty | Rule::whole_ty)
}

/// Adds a line of documentation: without its marker and one blank behind it.
fn push_doc(docs: &mut String, comment: &str, marker: &str) {
    let line = comment.strip_prefix(marker).unwrap_or(comment);
    let line = line.strip_prefix(' ').unwrap_or(line).trim_end();
    if !docs.is_empty() {
        docs.push('\n');
    }
    docs.push_str(line);
}
