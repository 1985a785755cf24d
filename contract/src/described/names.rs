//! What a definition says of itself: names, numbers and lists that a checked schema has.

use super::{DescribedError, MAX_FIELDS};
use crate::model::{TypeDef, TypeDefKind};

/// The full name.
pub(super) fn full_name(def: &TypeDef) -> String {
    format!("{}.{}", def.package, def.name)
}

pub(super) fn check_type(def: &TypeDef) -> Result<(), DescribedError> {
    let foreign = |reason| DescribedError::Foreign {
        within: format!("type `{}`", full_name(def).escape_debug()),
        reason,
    };
    if !def.package.split('.').all(is_identifier) || !is_identifier(&def.name) {
        return Err(foreign("its name is no identifier"));
    }
    let mut members = (def.fields.iter().map(|field| &field.name))
        .chain(def.enum_values.iter().map(|value| &value.name))
        .chain(def.union_variants.iter().map(|case| &case.name));
    if !members.all(|name| is_identifier(name)) {
        return Err(foreign("the name of a member is no identifier"));
    }
    let (fields, values, cases) = (
        !def.fields.is_empty(),
        !def.enum_values.is_empty(),
        !def.union_variants.is_empty(),
    );
    let fits = match def.kind {
        TypeDefKind::Message => !values && !cases,
        TypeDefKind::Enum => values && !fields && !cases,
        TypeDefKind::Union => cases && !fields && !values,
    };
    if !fits {
        return Err(foreign("its members are not of its kind, or it has none"));
    }
    if def.fields.len() > MAX_FIELDS {
        return Err(DescribedError::TooManyFields {
            name: full_name(def),
            found: def.fields.len(),
        });
    }
    // both lists ascend
    if def.enum_values.first().is_some_and(|value| value.value < 0) {
        return Err(foreign("a value's number is negative"));
    }
    if def.union_variants.first().is_some_and(|case| case.id < 1) {
        return Err(foreign("a case's number is not positive"));
    }
    Ok(())
}

/// Whether `name` could be an identifier. Newer versions of Unicode know more letters than we do, so that this asks only for what
/// no version of them has.
fn is_identifier(name: &str) -> bool {
    let foreign = |character: char| {
        character.is_control()
            || character.is_whitespace()
            || (character.is_ascii() && !character.is_ascii_alphanumeric() && character != '_')
    };
    !name.is_empty() && !name.starts_with(|first: char| first.is_ascii_digit()) && !name.contains(foreign)
}
