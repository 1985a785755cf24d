//! Values as they were written go in, with the type they are for; values of that type come out.

use super::errors::{self, Mismatch};
use super::scope::{DeclId, Lookup, Scopes, last_segment, primitive_name};
use crate::ast::{Expression, Kind, Value as Written};
use crate::model::Literal;
use crate::source::Span;
use aster_contract::graph::{Leaf, Shape, Value};
use aster_contract::model::Primitive;
use bigdecimal::num_bigint::BigInt;

/// What a constant is.
#[derive(Clone)]
pub(super) struct ConstantValue<'a> {
    pub(super) ty: Leaf,
    pub(super) literal: Literal,
    /// The literal that it comes down to.
    root: &'a Expression,
}

impl<'a> Scopes<'a> {
    /// The value, checked against the type; `None` when something about it was reported.
    pub(super) fn check(&mut self, unit: usize, expression: &'a Expression, target: Leaf) -> Option<Literal> {
        match &expression.value {
            Written::Invalid => None,
            Written::Path(path) => self
                .check_name(unit, path, expression.span, target)
                .map(|(literal, _)| literal),
            _ => self.check_written(expression, expression.span, target),
        }
    }

    /// A default against the type of its field.
    pub(super) fn check_default(
        &mut self,
        unit: usize,
        expression: &'a Expression,
        ty: &Value,
    ) -> Option<Literal> {
        if ty.optional {
            self.problems.push(errors::default_on_optional(expression.span));
            return None;
        }
        let empty = match (&ty.shape, &expression.value) {
            (_, Written::Invalid) => return None,
            (Shape::Leaf(leaf), _) => {
                if let Leaf::Type(id) = leaf {
                    let declared = self.declared(DeclId(id.0)).ast;
                    if !matches!(declared.kind, Kind::Enum { .. }) {
                        self.problems
                            .push(errors::default_not_allowed(expression.span, declared));
                        return None;
                    }
                }
                return self.check(unit, expression, *leaf);
            }
            (Shape::List(_) | Shape::Set(_), Written::List(items)) => items.is_empty(),
            (Shape::Map(..) | Shape::Set(_), Written::EmptyMap) => true,
            _ => false,
        };
        if !empty {
            let form = if matches!(ty.shape, Shape::Map(..)) {
                "{}"
            } else {
                "[]"
            };
            let ty = self.describe(ty);
            self.problems
                .push(errors::container_default(expression.span, &ty, form));
            return None;
        }
        Some(Literal::Empty)
    }

    /// A name: an enum's value first, then a constant. Tells also the literal it comes down to, when it is a constant.
    fn check_name(
        &mut self,
        unit: usize,
        path: &'a str,
        span: Span,
        target: Leaf,
    ) -> Option<(Literal, Option<&'a Expression>)> {
        let mut values: Vec<&str> = Vec::new();
        let mut owner = None;
        if let Leaf::Type(id) = target {
            let declared = self.declared(DeclId(id.0)).ast;
            if let Kind::Enum { values: of_enum, .. } = &declared.kind {
                if let Some(value) = of_enum.iter().find(|value| value.name.text == path) {
                    let number = enum_number(&value.number)?;
                    return Some((
                        Literal::EnumValue {
                            name: value.name.text.clone(),
                            number,
                        },
                        None,
                    ));
                }
                values = of_enum.iter().map(|value| value.name.text.as_str()).collect();
                owner = Some(declared);
            }
        }
        match self.look_up(unit, path) {
            Lookup::Found(id) => {
                let declared = self.declared(id).ast;
                if !matches!(declared.kind, Kind::Constant { .. }) {
                    self.problems.push(errors::not_a_constant(span, path, declared));
                    return None;
                }
                let constant = self.constants[id.index()].clone()?;
                if constant.ty == target {
                    return Some((constant.literal, Some(constant.root)));
                }
                if !compatible(constant.ty, target) {
                    let (is, wanted) = (self.describe_leaf(constant.ty), self.describe_leaf(target));
                    self.problems.push(errors::constant_type(
                        span,
                        path,
                        &is,
                        &wanted,
                        declared.name.span,
                    ));
                    return None;
                }
                self.check_written(constant.root, span, target)
                    .map(|literal| (literal, Some(constant.root)))
            }
            Lookup::Ambiguous(found) => {
                self.ambiguous(path, span, &found);
                None
            }
            Lookup::Missing => {
                if owner.is_some_and(|owner| owner.broken) {
                    return None;
                }
                // `Level.INFO` for `INFO`.
                if values.contains(&last_segment(path)) {
                    self.problems
                        .push(errors::qualified_enum_value(span, path, last_segment(path)));
                    return None;
                }
                if let (Leaf::Primitive(Primitive::String | Primitive::Binary), false) =
                    (target, self.is_excused(unit, path))
                {
                    self.problems.push(errors::unquoted(span, path));
                    return None;
                }
                let owner = owner.map(|owner| owner.name.text.as_str());
                self.unknown_constant(unit, path, span, &values, owner);
                None
            }
        }
    }

    fn check_written(&mut self, expression: &Expression, span: Span, target: Leaf) -> Option<Literal> {
        let primitive = match target {
            Leaf::Primitive(primitive) => primitive,
            Leaf::Type(id) => {
                let declared = self.declared(DeclId(id.0)).ast;
                let number = match &expression.value {
                    Written::Int(integer) => integer.value,
                    _ => None,
                };
                let values = match &declared.kind {
                    Kind::Enum { values, .. } => values.as_slice(),
                    _ => &[],
                };
                let text = match &expression.value {
                    Written::String(text) => Some(text.as_str()),
                    _ => None,
                };
                let named = values.iter().find(|value| {
                    number.is_some() && enum_number(&value.number).map(i128::from) == number
                        || Some(value.name.text.as_str()) == text
                });
                self.problems.push(errors::enum_literal(
                    span,
                    &declared.name.text,
                    named.map(|value| value.name.text.as_str()),
                ));
                return None;
            }
        };
        match literal(&expression.value, primitive) {
            Ok(literal) => Some(literal),
            Err(mismatch) => {
                let found = self.sources.text(expression.span);
                self.problems.push(errors::mismatch(
                    span,
                    primitive_name(primitive),
                    found,
                    &expression.value,
                    mismatch,
                ));
                None
            }
        }
    }

    /// Evaluates all constants, each once, without recursion on the machine stack.
    pub(super) fn resolve_constants(&mut self) {
        let count = self.declarations.len();
        self.constants = vec![None; count];
        let mut types: Vec<Option<Leaf>> = vec![None; count];
        for id in self.ids() {
            let declared = self.declared(id);
            if let Kind::Constant { ty, .. } = &declared.ast.kind {
                let Some(value) = self.value(declared.unit, ty) else {
                    continue;
                };
                types[id.index()] = match value {
                    Value {
                        shape: Shape::Leaf(leaf),
                        optional: false,
                    } if self.is_constant_type(leaf) => Some(leaf),
                    value => {
                        let what = self.describe(&value);
                        self.problems.push(errors::invalid_constant(ty.span, &what));
                        None
                    }
                };
            }
        }
        let mut done = vec![false; count];
        let mut open = vec![false; count];
        for root in self.ids() {
            let mut chain = vec![root];
            open[root.index()] = true;
            while let Some(next) = self.constant_behind(chain[chain.len() - 1], &types) {
                if done[next.index()] {
                    break;
                }
                if open[next.index()] {
                    let from = chain.iter().position(|id| *id == next).unwrap_or_default();
                    let names: Vec<_> = chain[from..]
                        .iter()
                        .map(|id| &self.declared(*id).ast.name)
                        .collect();
                    self.problems.push(errors::recursive_constant(&names));
                    chain.iter().for_each(|id| done[id.index()] = true);
                    chain.clear();
                    break;
                }
                open[next.index()] = true;
                chain.push(next);
            }
            while let Some(id) = chain.pop() {
                if std::mem::replace(&mut done[id.index()], true) {
                    continue;
                }
                let declared = self.declared(id);
                if let (Kind::Constant { value, .. }, Some(ty)) = (&declared.ast.kind, types[id.index()]) {
                    self.constants[id.index()] = self.constant(declared.unit, value, ty);
                }
            }
        }
    }

    fn constant(&mut self, unit: usize, value: &'a Expression, ty: Leaf) -> Option<ConstantValue<'a>> {
        match &value.value {
            Written::Path(path) => {
                let (literal, root) = self.check_name(unit, path, value.span, ty)?;
                Some(ConstantValue {
                    ty,
                    literal,
                    root: root.unwrap_or(value),
                })
            }
            _ => Some(ConstantValue {
                ty,
                literal: self.check(unit, value, ty)?,
                root: value,
            }),
        }
    }

    /// The constant that a constant's value names.
    fn constant_behind(&self, id: DeclId, types: &[Option<Leaf>]) -> Option<DeclId> {
        let declared = self.declared(id);
        let Kind::Constant {
            value: Expression {
                value: Written::Path(path),
                ..
            },
            ..
        } = &declared.ast.kind
        else {
            return None;
        };
        if let Some(Leaf::Type(of)) = types[id.index()]
            && let Kind::Enum { values, .. } = &self.declared(DeclId(of.0)).ast.kind
            && values.iter().any(|value| value.name.text == *path)
        {
            return None;
        }
        match self.look_up(declared.unit, path) {
            Lookup::Found(next) if matches!(self.declared(next).ast.kind, Kind::Constant { .. }) => {
                Some(next)
            }
            _ => None,
        }
    }

    fn is_constant_type(&self, leaf: Leaf) -> bool {
        match leaf {
            Leaf::Primitive(_) => true,
            Leaf::Type(id) => matches!(self.declared(DeclId(id.0)).ast.kind, Kind::Enum { .. }),
        }
    }

    /// The constant of that name as a literal, for attributes.
    pub(super) fn constant_literal(&mut self, unit: usize, path: &'a str, span: Span) -> Option<Literal> {
        match self.look_up(unit, path) {
            Lookup::Found(id) => {
                let declared = self.declared(id).ast;
                if !matches!(declared.kind, Kind::Constant { .. }) {
                    self.problems.push(errors::not_a_constant(span, path, declared));
                    return None;
                }
                self.constants[id.index()]
                    .as_ref()
                    .map(|constant| constant.literal.clone())
            }
            Lookup::Ambiguous(found) => {
                self.ambiguous(path, span, &found);
                None
            }
            Lookup::Missing => {
                self.unknown_constant(unit, path, span, &[], None);
                None
            }
        }
    }
}

/// The number of an enum value or case when it is one at all.
pub(super) fn enum_number(expression: &Expression) -> Option<i32> {
    match &expression.value {
        Written::Int(integer) => integer
            .value
            .and_then(|value| i32::try_from(value).ok())
            .filter(|value| *value >= 0),
        _ => None,
    }
}

/// Whether a constant of one type may be the value of another: its literal then has to fit.
fn compatible(from: Leaf, to: Leaf) -> bool {
    let (Leaf::Primitive(from), Leaf::Primitive(to)) = (from, to) else {
        return false;
    };
    let family = |primitive| match primitive {
        Primitive::Float32 | Primitive::Float64 => 1,
        Primitive::Decimal => 2,
        other if integer_range(other).is_some() => 0,
        _ => 9,
    };
    let (from, to) = (family(from), family(to));
    from != 9 && to != 9 && from <= to
}

/// The range of an integer type.
pub(super) fn integer_range(primitive: Primitive) -> Option<(i128, i128)> {
    Some(match primitive {
        Primitive::Int8 => (i8::MIN.into(), i8::MAX.into()),
        Primitive::Int16 => (i16::MIN.into(), i16::MAX.into()),
        Primitive::Varint32 | Primitive::Int32 => (i32::MIN.into(), i32::MAX.into()),
        Primitive::Varint64 | Primitive::Int64 => (i64::MIN.into(), i64::MAX.into()),
        Primitive::Uint8 => (0, u8::MAX.into()),
        Primitive::Uint16 => (0, u16::MAX.into()),
        Primitive::VarUint32 | Primitive::Uint32 => (0, u32::MAX.into()),
        Primitive::VarUint64 | Primitive::Uint64 => (0, u64::MAX.into()),
        _ => return None,
    })
}

/// What was written, as a value of a scalar type.
fn literal(value: &Written, primitive: Primitive) -> Result<Literal, Mismatch> {
    if let Some((low, high)) = integer_range(primitive) {
        return match value {
            Written::Int(integer) => match integer.value.filter(|value| (low..=high).contains(value)) {
                Some(value) => Ok(Literal::Int(value)),
                None => Err(Mismatch::Range(format!("{low} … {high}"))),
            },
            _ => Err(Mismatch::Kind("an integer")),
        };
    }
    match (primitive, value) {
        (Primitive::Bool, Written::Bool(value)) => Ok(Literal::Bool(*value)),
        (Primitive::Bool, _) => Err(Mismatch::Kind("`true` or `false`")),
        (Primitive::String, Written::String(text)) => Ok(Literal::String(text.clone())),
        (Primitive::String, _) => Err(Mismatch::Kind("a string in quotes")),
        (Primitive::Binary, Written::String(text)) => Ok(Literal::Bytes(text.clone().into_bytes())),
        (Primitive::Binary, _) => Err(Mismatch::Kind("a string in quotes, whose UTF-8 it is")),
        (Primitive::Float32 | Primitive::Float64, Written::Int(integer)) => {
            float(&integer.digits_for_float(), primitive)
        }
        (Primitive::Float32 | Primitive::Float64, Written::Float(text)) => float(text, primitive),
        (Primitive::Float32 | Primitive::Float64, _) => Err(Mismatch::Kind("a number")),
        (Primitive::Decimal, Written::Int(integer)) => decimal(&integer.digits_for_float()),
        (Primitive::Decimal, Written::Float(text)) => decimal(text),
        (Primitive::Decimal, _) => Err(Mismatch::Kind("a number")),
        (Primitive::Duration, Written::Duration(milliseconds)) => duration(*milliseconds),
        (Primitive::Duration, Written::Int(_)) => Err(Mismatch::Unit),
        (Primitive::Duration, _) => Err(Mismatch::Kind("a duration such as `1m30s`")),
        (Primitive::Timestamp, Written::String(text)) => timestamp(text),
        (Primitive::Timestamp, _) => Err(Mismatch::Kind(
            "a timestamp in quotes, such as `\"2026-01-31T12:00:00Z\"`",
        )),
        (Primitive::Date, Written::String(text)) => date(text),
        (Primitive::Date, _) => Err(Mismatch::Kind("a date in quotes, such as `\"2026-01-31\"`")),
        _ => Err(Mismatch::Kind("another value")),
    }
}

impl crate::ast::Integer {
    /// Digits in base ten, also of a hexadecimal literal.
    fn digits_for_float(&self) -> String {
        self.value
            .map_or_else(|| self.digits.clone(), |value| value.to_string())
    }
}

fn float(text: &str, primitive: Primitive) -> Result<Literal, Mismatch> {
    let range = || match primitive {
        Primitive::Float32 => Mismatch::Range("±3.4028235e38".to_owned()),
        _ => Mismatch::Range("±1.7976931348623157e308".to_owned()),
    };
    let value: f64 = text.parse().map_err(|_| range())?;
    let fits = match primitive {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "whether it becomes infinite is the question"
        )]
        Primitive::Float32 => (value as f32).is_finite(),
        _ => value.is_finite(),
    };
    if fits {
        Ok(Literal::Float(value))
    } else {
        Err(range())
    }
}

/// |scale| ≤ 10,000 and 4,096 bytes of magnitude.
fn decimal(text: &str) -> Result<Literal, Mismatch> {
    const MAX_SCALE: i64 = 10_000;
    const MAX_BITS: u64 = 4096 * 8;
    /// More digits than this are more than [`MAX_BITS`].
    const MAX_DIGITS: usize = 9_865;
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |rest| ("-", rest));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0');
    let too_large = || Mismatch::Range("4,096 bytes of digits".to_owned());
    if significant.len() > MAX_DIGITS {
        return Err(too_large());
    }
    let unscaled = if significant.is_empty() {
        "0".to_owned()
    } else {
        format!("{sign}{significant}")
    };
    let magnitude: BigInt = unscaled.parse().map_err(|_| too_large())?;
    if magnitude.bits() > MAX_BITS {
        return Err(too_large());
    }
    let scale_range = || Mismatch::Range("a scale of -10000 … 10000".to_owned());
    let exponent: i64 = exponent.parse().map_err(|_| scale_range())?;
    let places = i64::try_from(fraction.len()).map_err(|_| scale_range())?;
    let scale = places
        .checked_sub(exponent)
        .filter(|scale| scale.abs() <= MAX_SCALE)
        .ok_or_else(scale_range)?;
    let scale = i32::try_from(scale).map_err(|_| scale_range())?;
    Ok(Literal::Decimal { unscaled, scale })
}

/// ± 9·10¹² s
fn duration(milliseconds: Option<i64>) -> Result<Literal, Mismatch> {
    const MAX: i64 = 9_000_000_000_000_000;
    match milliseconds.filter(|value| (-MAX..=MAX).contains(value)) {
        Some(milliseconds) => Ok(Literal::Duration { milliseconds }),
        None => Err(Mismatch::Range("±9000000000000s".to_owned())),
    }
}

fn timestamp(text: &str) -> Result<Literal, Mismatch> {
    let bad = |why: String| Err(Mismatch::Timestamp(why));
    if !is_rfc3339(text) {
        return bad(
            "it is not written as RFC 3339 says, `2026-01-31T12:00:00Z` or with an offset `+02:00`"
                .to_owned(),
        );
    }
    if text.as_bytes().get(17..19) == Some(b"60") {
        return bad("leap seconds have no timestamp".to_owned());
    }
    let range = || Mismatch::Range("0001-01-01T00:00:00Z … 9999-12-30T22:00:00Z".to_owned());
    if text
        .get(..19)
        .and_then(|civil| civil.to_ascii_uppercase().parse::<jiff::civil::DateTime>().ok())
        .is_none()
    {
        return bad("there is no such day or time".to_owned());
    }
    let parsed: jiff::Timestamp = text.to_ascii_uppercase().parse().map_err(|_| range())?;
    // 0001-01-01T00:00:00Z … 9999-12-30T22:00:00Z
    const FIRST: i64 = -62_135_596_800;
    const LAST: i64 = 253_402_207_200;
    let (mut seconds, mut nanoseconds) = (parsed.as_second(), parsed.subsec_nanosecond());
    if nanoseconds < 0 {
        seconds -= 1;
        nanoseconds += 1_000_000_000;
    }
    let beyond = seconds > LAST || (seconds == LAST && nanoseconds > 0);
    if seconds < FIRST || beyond {
        return Err(range());
    }
    Ok(Literal::Timestamp {
        seconds,
        nanoseconds: nanoseconds.unsigned_abs(),
    })
}

/// `YYYY-MM-DDThh:mm:ss`, a fraction, and `Z` or `±hh:mm`.
fn is_rfc3339(text: &str) -> bool {
    let shape = |part: &str, pattern: &str| {
        part.len() == pattern.len()
            && part.bytes().zip(pattern.bytes()).all(|(byte, p)| match p {
                b'0' => byte.is_ascii_digit(),
                b'T' => byte.eq_ignore_ascii_case(&b'T'),
                _ => byte == p,
            })
    };
    let Some((head, rest)) = text.split_at_checked(19) else {
        return false;
    };
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => {
            let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
            if !(1..=9).contains(&digits) {
                return false;
            }
            &fraction[digits..]
        }
        None => rest,
    };
    let zone = rest.eq_ignore_ascii_case("z") || shape(rest, "+00:00") || shape(rest, "-00:00");
    shape(head, "0000-00-00T00:00:00") && zone
}

fn date(text: &str) -> Result<Literal, Mismatch> {
    let form = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| {
            if at == 4 || at == 7 {
                byte == b'-'
            } else {
                byte.is_ascii_digit()
            }
        });
    if !form {
        return Err(Mismatch::Date(
            "it is not written as RFC 3339 says, `2026-01-31`".to_owned(),
        ));
    }
    let parsed: jiff::civil::Date = text
        .parse()
        .map_err(|_: jiff::Error| Mismatch::Date("there is no such day".to_owned()))?;
    if parsed.year() < 1 {
        return Err(Mismatch::Range("0001-01-01 … 9999-12-31".to_owned()));
    }
    let epoch = jiff::civil::Date::constant(1970, 1, 1);
    let days = parsed.since((jiff::Unit::Day, epoch)).map(|span| span.get_days());
    match days {
        Ok(days) => Ok(Literal::Date { days }),
        Err(error) => Err(Mismatch::Date(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_rfc_3339_within_range() {
        let at = |text: &str| timestamp(text).ok();
        assert_eq!(
            at("1970-01-01T00:00:01Z"),
            Some(Literal::Timestamp {
                seconds: 1,
                nanoseconds: 0
            })
        );
        assert_eq!(
            at("1969-12-31T23:59:59.5Z"),
            Some(Literal::Timestamp {
                seconds: -1,
                nanoseconds: 500_000_000
            })
        );
        assert_eq!(
            at("1970-01-01T02:00:00+02:00"),
            Some(Literal::Timestamp {
                seconds: 0,
                nanoseconds: 0
            })
        );
        assert!(at("0001-01-01T00:00:00Z").is_some() && at("9999-12-30T22:00:00Z").is_some());
        for text in [
            "9999-12-30T22:00:00.000000001Z",
            "0000-12-31T23:59:59Z",
            "2026-01-31",
            "2026-01-31 12:00:00Z",
            "2026-02-30T00:00:00Z",
            "2026-01-31T12:00:60Z",
            "2026-01-31T12:00:00",
            "2026-01-31T12:00:00Z[UTC]",
            "2026-01-31T12:00Z",
            "",
        ] {
            assert!(at(text).is_none(), "{text}");
        }
    }

    #[test]
    fn dates_count_days() {
        assert_eq!(date("1970-01-02").ok(), Some(Literal::Date { days: 1 }));
        assert_eq!(date("0001-01-01").ok(), Some(Literal::Date { days: -719_162 }));
        assert_eq!(date("9999-12-31").ok(), Some(Literal::Date { days: 2_932_896 }));
        assert!(date("0000-01-01").is_err() && date("2026-02-29").is_err() && date("26-1-1").is_err());
    }

    #[test]
    fn decimals_keep_their_scale() {
        let of = |text: &str| decimal(text).ok();
        assert_eq!(
            of("1.50"),
            Some(Literal::Decimal {
                unscaled: "150".to_owned(),
                scale: 2
            })
        );
        assert_eq!(
            of("-0.001e2"),
            Some(Literal::Decimal {
                unscaled: "-1".to_owned(),
                scale: 1
            })
        );
        assert_eq!(
            of("1e5"),
            Some(Literal::Decimal {
                unscaled: "1".to_owned(),
                scale: -5
            })
        );
        assert!(of("1e10001").is_none() && of("1e99999999999999999999").is_none());
        assert!(of(&"9".repeat(9_864)).is_some() && of(&"9".repeat(9_865)).is_none());
    }
}
