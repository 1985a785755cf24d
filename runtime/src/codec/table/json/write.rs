//! A sink that writes JSON, straight into one text.

use super::{over_limit, text};
use crate::codec::CodecResult;
use crate::codec::table::{Case, EnumType, EnumValue, Field, Key, MessageType, Sequence, Sink, UnionType};
use aster_contract::model::Primitive;
use bigdecimal::BigDecimal;
use data_encoding::BASE64;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use std::fmt::{self, Write as _};

/// The text as far as it is written.
pub(super) struct JsonSink {
    out: String,
    limit: usize,
}

/// A message of which fields have been written, in wire order.
pub(super) struct Fields {
    start: usize,
    /// The place of each field, and where its text begins and ends.
    written: Vec<(usize, usize, usize)>,
}

/// Whether an array or object has something in it.
pub(super) struct Open {
    any: bool,
}

impl JsonSink {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            out: String::new(),
            limit,
        }
    }

    pub(super) fn finish(self) -> String {
        self.out
    }

    fn put(&mut self, text: &str) -> CodecResult<()> {
        self.out.push_str(text);
        self.check()
    }

    /// A text that grows by less than a scalar each time does not pass the limit by more.
    fn check(&self) -> CodecResult<()> {
        if self.out.len() > self.limit {
            return Err(over_limit(self.limit));
        }
        Ok(())
    }

    fn write(&mut self, text: fmt::Arguments<'_>) -> CodecResult<()> {
        // a String takes all that is written
        let _ = self.out.write_fmt(text);
        self.check()
    }

    fn quoted(&mut self, text: fmt::Arguments<'_>) -> CodecResult<()> {
        self.out.push('"');
        self.write(text)?;
        self.put("\"")
    }

    fn text(&mut self, text: &str) -> CodecResult<()> {
        self.out.push('"');
        let mut from = 0;
        for (at, byte) in text.bytes().enumerate() {
            let escaped = match byte {
                b'"' => "\\\"",
                b'\\' => "\\\\",
                b'\n' => "\\n",
                b'\r' => "\\r",
                b'\t' => "\\t",
                0x08 => "\\b",
                0x0c => "\\f",
                0..0x20 => "",
                _ => continue,
            };
            self.out.push_str(&text[from..at]);
            from = at + 1;
            if escaped.is_empty() {
                self.write(format_args!("\\u{byte:04x}"))?;
            } else {
                self.put(escaped)?;
            }
        }
        self.out.push_str(&text[from..]);
        self.put("\"")
    }

    fn next(&mut self, open: &mut Open) {
        if std::mem::replace(&mut open.any, true) {
            self.out.push(',');
        }
    }

    /// A float in the shortest form that is read as itself.
    fn float(&mut self, value: f64, shortest: fmt::Arguments<'_>) -> CodecResult<()> {
        if value.is_finite() {
            return self.write(shortest);
        }
        self.put(if value.is_nan() {
            "\"NaN\""
        } else if value > 0.0 {
            "\"Infinity\""
        } else {
            "\"-Infinity\""
        })
    }
}

impl Sink for JsonSink {
    type Value = ();
    type Message = Fields;
    type List = Open;
    type Map = Open;

    fn bool(&mut self, value: bool) -> CodecResult<()> {
        self.put(if value { "true" } else { "false" })
    }

    fn signed(&mut self, primitive: Primitive, value: i64) -> CodecResult<()> {
        match primitive {
            Primitive::Varint64 | Primitive::Int64 => self.quoted(format_args!("{value}")),
            _ => self.write(format_args!("{value}")),
        }
    }

    fn unsigned(&mut self, primitive: Primitive, value: u64) -> CodecResult<()> {
        match primitive {
            Primitive::VarUint64 | Primitive::Uint64 => self.quoted(format_args!("{value}")),
            _ => self.write(format_args!("{value}")),
        }
    }

    fn float32(&mut self, value: f32) -> CodecResult<()> {
        self.float(value.into(), format_args!("{value:?}"))
    }

    fn float64(&mut self, value: f64) -> CodecResult<()> {
        self.float(value, format_args!("{value:?}"))
    }

    fn string(&mut self, value: &str) -> CodecResult<()> {
        self.text(value)
    }

    fn bytes(&mut self, value: &[u8]) -> CodecResult<()> {
        self.out.push('"');
        BASE64.encode_append(value, &mut self.out);
        self.put("\"")
    }

    fn timestamp(&mut self, value: Timestamp) -> CodecResult<()> {
        self.quoted(format_args!("{value}"))
    }

    fn duration(&mut self, value: SignedDuration) -> CodecResult<()> {
        self.out.push('"');
        let _ = text::write_duration(&mut self.out, value);
        self.put("\"")
    }

    fn date(&mut self, value: Date) -> CodecResult<()> {
        self.quoted(format_args!("{value}"))
    }

    fn decimal(&mut self, value: BigDecimal) -> CodecResult<()> {
        self.out.push('"');
        let _ = text::write_decimal(&mut self.out, &value);
        self.put("\"")
    }

    fn enumeration(&mut self, _: &EnumType, value: &EnumValue) -> CodecResult<()> {
        self.text(value.name())
    }

    fn null(&mut self) -> CodecResult<()> {
        self.put("null")
    }

    fn begin_message(&mut self, _: &MessageType) -> CodecResult<Fields> {
        self.put("{")?;
        Ok(Fields {
            start: self.out.len(),
            written: Vec::new(),
        })
    }

    fn absent(&mut self, _: &mut Fields, _: &Field) -> CodecResult<()> {
        Ok(())
    }

    fn begin_field(&mut self, message: &mut Fields, field: &Field) -> CodecResult<()> {
        if !message.written.is_empty() {
            self.out.push(',');
        }
        message.written.push((field.place(), self.out.len(), 0));
        self.text(field.name())?;
        self.put(":")
    }

    fn field(&mut self, message: &mut Fields, _: &Field, (): ()) -> CodecResult<()> {
        if let Some((_, _, end)) = message.written.last_mut() {
            *end = self.out.len();
        }
        Ok(())
    }

    fn end_message(&mut self, _: &MessageType, mut message: Fields) -> CodecResult<()> {
        if !message.written.is_sorted_by_key(|(place, ..)| *place) {
            message.written.sort_unstable_by_key(|(place, ..)| *place);
            let mut shown = String::with_capacity(self.out.len() - message.start);
            for (_, start, end) in message.written {
                if !shown.is_empty() {
                    shown.push(',');
                }
                shown.push_str(&self.out[start..end]);
            }
            self.out.truncate(message.start);
            self.out.push_str(&shown);
        }
        self.put("}")
    }

    fn begin_case(&mut self, _: &UnionType, case: &Case) -> CodecResult<()> {
        self.put("{")?;
        self.text(case.name())?;
        self.put(":")
    }

    fn end_case(&mut self, _: &UnionType, _: &Case, (): ()) -> CodecResult<()> {
        self.put("}")
    }

    fn begin_list(&mut self, _: Sequence, _: usize) -> CodecResult<Open> {
        self.put("[")?;
        Ok(Open { any: false })
    }

    fn begin_element(&mut self, list: &mut Open) -> CodecResult<()> {
        self.next(list);
        Ok(())
    }

    fn element(&mut self, _: &mut Open, (): ()) -> CodecResult<()> {
        Ok(())
    }

    fn end_list(&mut self, _: Open) -> CodecResult<()> {
        self.put("]")
    }

    fn begin_map(&mut self, _: usize) -> CodecResult<Open> {
        self.put("{")?;
        Ok(Open { any: false })
    }

    fn key(&mut self, map: &mut Open, key: &Key<'_>) -> CodecResult<()> {
        self.next(map);
        match key {
            Key::Bool(value) => self.quoted(format_args!("{value}"))?,
            Key::Signed(value) => self.quoted(format_args!("{value}"))?,
            Key::Unsigned(value) => self.quoted(format_args!("{value}"))?,
            Key::Text(value) => self.text(value)?,
            Key::Enum(value) => self.text(value.name())?,
        }
        self.put(":")
    }

    fn entry(&mut self, _: &mut Open, (): ()) -> CodecResult<()> {
        Ok(())
    }

    fn end_map(&mut self, _: Open) -> CodecResult<()> {
        self.put("}")
    }
}
