//! From pest's pairs to the AST. Pairs never leave `parse`.

use super::{Parser, Rule, errors, literal};
use crate::ast::{
    Argument, Attribute, Case, EnumValue, Expression, Field, Import, Marks, Method, Name, Outcome, Path,
    Request, Shape, Type, Value,
};
use crate::source::Span;
use pest::iterators::Pair;

/// The grammar puts these children into every pair that is asked for them.
const CHILD: &str = "grammar: a child of this rule";

impl Parser<'_> {
    fn place(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        Span::new(self.file, self.base + span.start(), self.base + span.end())
    }

    fn name(&self, pair: &Pair<'_, Rule>) -> Name {
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
        let place = left
            .map(|doc| Span::new(self.file, doc.start, doc.end))
            .reduce(Span::to);
        if let Some(place) = place {
            self.out.push(errors::misplaced_docs(place));
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
        let start = self.base + pair.as_span().start();
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
            end = self.base + pair.as_span().end();
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
        let ty = inner.find(|pair| pair.as_rule() == Rule::ty).expect(CHILD);
        (name, self.ty(ty))
    }

    pub(super) fn lower_constant(&mut self, pair: Pair<'_, Rule>) -> (Name, Type, Expression) {
        let mut inner = pair.into_inner();
        let name = self.name(&inner.next().expect(CHILD));
        let ty = inner.find(|pair| pair.as_rule() == Rule::ty).expect(CHILD);
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

    pub(super) fn lower_field(&mut self, pair: Pair<'_, Rule>, attributes: Vec<Attribute>) -> Field {
        let mut inner = pair.into_inner();
        let name = self.name(&inner.next().expect(CHILD));
        let marks = self.marks(attributes, name.span);
        let ty = inner.find(|pair| pair.as_rule() == Rule::ty).expect(CHILD);
        let ty = self.ty(ty);
        let default = inner
            .next()
            .and_then(|pair| pair.into_inner().last())
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
        let ty = inner.find(|pair| pair.as_rule() == Rule::ty).expect(CHILD);
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
        let name = self.name(&inner.next().expect(CHILD));
        let marks = self.marks(attributes, name.span);
        let request = inner.next().expect(CHILD);
        let request_span = self.place(&request);
        let request = self.lower_request(request);
        let result = inner.last().expect(CHILD);
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
                Rule::ty if streams => return Request::Stream(self.ty(pair)),
                Rule::ty => return Request::Type(self.ty(pair)),
                Rule::parameter => {
                    let mut attributes = Vec::new();
                    for pair in pair.into_inner() {
                        match pair.as_rule() {
                            Rule::attributes => attributes = self.lower_attributes(pair),
                            _ => parameters.push(self.lower_field(pair, std::mem::take(&mut attributes))),
                        }
                    }
                }
                _ => {}
            }
        }
        Request::Parameters(parameters)
    }

    fn lower_result(&mut self, pair: Pair<'_, Rule>) -> Outcome {
        let mut streams = false;
        for pair in pair.into_inner() {
            match pair.as_rule() {
                Rule::kw_stream => streams = true,
                Rule::unit if streams => return Outcome::StreamOfNothing(self.place(&pair)),
                Rule::ty if streams => return Outcome::Stream(self.ty(pair)),
                Rule::ty => return Outcome::Type(self.ty(pair)),
                _ => {}
            }
        }
        Outcome::Nothing
    }

    /// Recursion is bounded by the scan: no more brackets are open than it allows.
    fn ty(&self, pair: Pair<'_, Rule>) -> Type {
        let mut inner = pair.into_inner();
        let first = inner.next().expect(CHILD);
        let mut span = self.place(&first);
        let parts = |pair: Pair<'_, Rule>| {
            let mut types = Vec::new();
            for part in pair.into_inner().filter(|part| part.as_rule() == Rule::ty) {
                types.push(Box::new(self.ty(part)));
            }
            types.into_iter()
        };
        let shape = match first.as_rule() {
            Rule::list_type => Shape::List(parts(first).next().expect(CHILD)),
            Rule::set_type => Shape::Set(parts(first).next().expect(CHILD)),
            Rule::map_type => {
                let mut parts = parts(first);
                Shape::Map(parts.next().expect(CHILD), parts.next().expect(CHILD))
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

    fn expression(&mut self, pair: Pair<'_, Rule>) -> Expression {
        let span = self.place(&pair);
        let value = match pair.as_rule() {
            Rule::string => match literal::string(pair.as_str()) {
                Ok(text) => Value::String(text),
                Err(bad) => {
                    self.out.push(errors::escape(span, bad));
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

/// Adds a line of documentation: without its marker and one blank behind it.
fn push_doc(docs: &mut String, comment: &str, marker: &str) {
    let line = comment.strip_prefix(marker).unwrap_or(comment);
    let line = line.strip_prefix(' ').unwrap_or(line).trim_end();
    if !docs.is_empty() {
        docs.push('\n');
    }
    docs.push_str(line);
}
