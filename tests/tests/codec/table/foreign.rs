//! Sinks and sources of somebody else make errors of their own, and these get the path like any other.

use super::equal::{index_of, same_bytes};
use super::kitchen;
use super::value::{Of, Value};
use crate::kitchen::{Inner, Kitchen};
use crate::values::Random;
use aster_contract::model::Primitive;
use aster_runtime::codec::table::{
    Case, EnumType, EnumValue, Field, Key, MessageType, Sequence, Sink, UnionType,
};
use aster_runtime::codec::{CodecError, CodecErrorKind, CodecResult};
use bigdecimal::BigDecimal;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

/// Takes everything but one text, which its caller has told it to refuse.
struct Without(&'static str);

macro_rules! takes {
    ($($name:ident($($argument:ty),*);)+) => {$(
        fn $name(&mut self $(, _: $argument)*) -> CodecResult<()> {
            Ok(())
        }
    )+};
}

impl Sink for Without {
    type Value = ();
    type Message = ();
    type List = ();
    type Map = ();

    fn string(&mut self, value: &str) -> CodecResult<()> {
        if value == self.0 {
            return Err(CodecError::new(CodecErrorKind::Refused, "another text", self.0));
        }
        Ok(())
    }

    takes! {
        bool(bool);
        signed(Primitive, i64);
        unsigned(Primitive, u64);
        float32(f32);
        float64(f64);
        bytes(&[u8]);
        timestamp(Timestamp);
        duration(SignedDuration);
        date(Date);
        decimal(BigDecimal);
        enumeration(&EnumType, &EnumValue);
        null();
        begin_message(&MessageType);
        absent(&mut (), &Field);
        begin_field(&mut (), &Field);
        field(&mut (), &Field, ());
        end_message(&MessageType, ());
        begin_case(&UnionType, &Case);
        end_case(&UnionType, &Case, ());
        begin_list(Sequence, usize);
        begin_element(&mut ());
        element(&mut (), ());
        end_list(());
        begin_map(usize);
        key(&mut (), &Key<'_>);
        entry(&mut (), ());
        end_map(());
    }
}

fn inner() -> Inner {
    Inner {
        a: 7,
        s: "no thanks".into(),
    }
}

#[test]
fn an_error_of_a_sink_has_its_text_and_the_path_to_where_it_was() {
    let mut message = Random::new(11).kitchen();
    message.m_inner = [("key".to_owned(), inner())].into();
    let (payload, _) = same_bytes(kitchen(), &message);
    let index = index_of::<Kitchen>(kitchen());
    let error = kitchen()
        .decode(index, &payload, &mut Without("no thanks"))
        .unwrap_err();
    assert_eq!(error.kind(), CodecErrorKind::Refused);
    assert_eq!(
        error.to_string(),
        "`m_inner[\"key\"].s` of `corners.kitchen.Kitchen`: expected another text, found no thanks"
    );
    kitchen().decode(index, &payload, &mut Without("maybe")).unwrap();
}

#[test]
fn an_error_of_a_source_has_its_text_and_the_path_to_where_it_was() {
    let mut message = Random::new(12).kitchen();
    message.l_inner = vec![inner(), inner()];
    let (_, mut value) = same_bytes(kitchen(), &message);
    *at(at(&mut value, "l_inner", 1), "s", 0) = Value::Signed(7);
    let index = index_of::<Kitchen>(kitchen());
    let mut buffer = vec![1, 2, 3];
    let error = kitchen().encode_to(index, &Of(&value), &mut buffer).unwrap_err();
    assert_eq!(error.kind(), CodecErrorKind::WrongType);
    assert_eq!(
        error.to_string(),
        "`l_inner[1].s` of `corners.kitchen.Kitchen`: expected string, found signed"
    );
    assert_eq!(buffer, [1, 2, 3]);
}

/// The field `name` of a message, or the element at `index` if it is a list.
fn at<'v>(message: &'v mut Value, name: &str, index: usize) -> &'v mut Value {
    let Value::Message(fields) = message else {
        panic!("a message")
    };
    let (_, value) = fields.iter_mut().find(|(field, _)| field == name).unwrap();
    match value {
        Value::List(list) => &mut list[index],
        other => other,
    }
}
