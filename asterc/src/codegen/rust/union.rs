//! Unions.

use super::items::any_deprecated;
use super::layout::{Call, Expr};
use super::scope::Scope;
use super::types::{self, leaf_type};
use super::{allow_deprecated, head, literals, message, names};
use crate::codegen::schema_text;
use crate::codegen::steps::{CaseStep, Step, TypeSteps};
use crate::model::{Case, TypeDecl, Union};
use aster_contract::graph::{Leaf, TypeId};
use asterc_templates::rust::{Case as CaseView, Conversion, Section, Union as View};

pub(super) fn section(scope: &Scope<'_>, id: TypeId, ty: &TypeDecl, body: &Union) -> Section {
    let TypeSteps::Union(steps) = &scope.generator.steps.types[id.0 as usize] else {
        unreachable!("steps: a union has the steps of one")
    };
    let name = scope.ty(id);
    let held: Vec<String> = body.cases.iter().map(|case| leaf_type(scope, case.ty)).collect();
    let cases = body.cases.iter().zip(&held).map(|(case, ty)| {
        let boxed = scope.generator.facts.is_boxed_case(id, case.ty);
        CaseView {
            head: head(&case.notes, || case_text(scope, case)),
            name: names::variant(&case.name),
            ty: if boxed {
                format!("{}<{ty}>", scope.std("Box"))
            } else {
                ty.clone()
            },
        }
    });
    // a type that two cases hold does not say which of them it is
    let only = |ty: &String| held.iter().filter(|other| *other == ty).count() == 1;
    let conversions = body.cases.iter().zip(&held).filter(|(_, ty)| only(ty));
    let conversions = conversions.map(|(case, ty)| {
        let boxed = scope.generator.facts.is_boxed_case(id, case.ty);
        Conversion {
            from: scope.std("From"),
            case: names::variant(&case.name),
            ty: ty.clone(),
            value: if boxed {
                format!("{}::new(value)", scope.std("Box"))
            } else {
                "value".to_owned()
            },
        }
    });
    let arms = |arm: fn(&Scope<'_>, &CaseStep, &Case) -> String| {
        steps
            .cases
            .iter()
            .map(|step| arm(scope, step, &body.cases[step.index]))
            .collect()
    };
    let types = body.cases.iter().filter_map(|case| match case.ty {
        Leaf::Type(held) => Some(held),
        Leaf::Primitive(_) => None,
    });
    let uses_deprecated = any_deprecated(scope.schema(), types.chain([id]))
        || body.cases.iter().any(|case| case.notes.deprecated.is_some());
    let attributes = allow_deprecated(uses_deprecated);
    let mut head = head(&ty.notes, || format!("The union `{}`.", ty.full_name()));
    head.extend(attributes.iter().cloned());
    head.push(message::derive(scope, id, false));
    Section::Union(View {
        head,
        attributes,
        conversions: conversions.collect(),
        name: name.clone(),
        full_name: literals::string(&ty.full_name()),
        v1: scope.v1_path(),
        cases: cases.collect(),
        write: arms(write_arm),
        read: arms(read_arm),
    })
}

fn case_text(scope: &Scope<'_>, case: &Case) -> String {
    format!(
        "`{}: {} = {}`",
        case.name,
        schema_text::leaf(scope.schema(), case.ty),
        case.number
    )
}

fn write_arm(scope: &Scope<'_>, step: &CaseStep, case: &Case) -> String {
    let name = names::variant(&case.name);
    let number = literals::integer(i128::from(case.number));
    let field = literals::string(&case.name);
    match &step.step {
        Step::Message(_) | Step::Union(_) => {
            format!("Self::{name}(value) => out.message_case({number}, value).field({field}),")
        }
        Step::Enum(_) => block(&name, &[format!("out.enum_case({number}, value);")], "Ok(())"),
        Step::Scalar(primitive) => {
            let wire_type = types::wire_type(scope, *primitive);
            let begin = format!("out.scalar_case({number}, {wire_type});");
            let value = types::write_case_value(*primitive);
            if types::is_fallible_scalar(*primitive) {
                block(&name, &[begin], &format!("{value}.field({field})"))
            } else {
                block(&name, &[begin, format!("{value};")], "Ok(())")
            }
        }
        Step::List(_) | Step::Set(_) | Step::Map(..) => {
            unreachable!("resolve: a case holds no container")
        }
    }
}

fn block(name: &str, statements: &[String], value: &str) -> String {
    let mut out = format!("Self::{name}(value) => {{");
    for line in statements.iter().map(String::as_str).chain([value]) {
        out.push_str(&format!("\n{:16}{line}", ""));
    }
    out + &format!("\n{:12}}}", "")
}

fn read_arm(scope: &Scope<'_>, step: &CaseStep, case: &Case) -> String {
    let mut calls = match &step.step {
        Step::Message(_) | Step::Union(_) => vec![Call::new("message", Vec::new())],
        Step::Enum(_) => vec![Call::new("enum_case", Vec::new())],
        Step::Scalar(primitive) => types::read_case_value(scope, *primitive),
        Step::List(_) | Step::Set(_) | Step::Map(..) => {
            unreachable!("resolve: a case holds no container")
        }
    };
    let variant = format!("Self::{}", names::variant(&case.name));
    calls.push(Call::new("map", vec![Expr::text(variant)]));
    calls.push(types::at(scope, &case.name));
    let before = format!("{} => ", literals::integer(i128::from(case.number)));
    let value = Expr::chain("input", calls, "").print(12, 12 + before.len(), 1);
    format!("{before}{value},")
}
