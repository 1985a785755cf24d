//! Times and decimals of Python, and what it says of a value that does not fit.

use aster_runtime::codec::{CodecError, CodecErrorKind, CodecResult};
use bigdecimal::BigDecimal;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

const DAY: i64 = 86_400;
/// `date.toordinal()` of 1970-01-01.
const EPOCH_ORDINAL: i64 = 719_163;

/// What is looked up once.
pub(crate) struct Types {
    datetime: Py<PyType>,
    date: Py<PyType>,
    timedelta: Py<PyType>,
    decimal: Py<PyType>,
    /// 1970-01-01T00:00:00Z
    epoch: Py<PyAny>,
    from_ordinal: Py<PyAny>,
}

static TYPES: PyOnceLock<Types> = PyOnceLock::new();

impl Types {
    pub(crate) fn get(py: Python<'_>) -> PyResult<&Self> {
        TYPES.get_or_try_init(py, || {
            let module = py.import("datetime")?;
            let class = |name| Ok::<_, PyErr>(module.getattr(name)?.cast_into::<PyType>()?);
            let (datetime, date) = (class("datetime")?, class("date")?);
            let utc = module.getattr("timezone")?.getattr("utc")?;
            let epoch = datetime.call1((1970, 1, 1, 0, 0, 0, 0, utc))?;
            let decimal = py.import("decimal")?.getattr("Decimal")?.cast_into::<PyType>()?;
            Ok(Self {
                from_ordinal: date.getattr("fromordinal")?.unbind(),
                datetime: datetime.unbind(),
                date: date.unbind(),
                timedelta: class("timedelta")?.unbind(),
                decimal: decimal.unbind(),
                epoch: epoch.unbind(),
            })
        })
    }

    /// To the microsecond below.
    pub(crate) fn make_timestamp<'py>(
        &self,
        py: Python<'py>,
        value: Timestamp,
    ) -> PyResult<Bound<'py, PyAny>> {
        let microseconds = value.as_nanosecond().div_euclid(1_000);
        // within 10,000 years
        let since = self.delta(py, microseconds as i64)?;
        self.epoch.bind(py).add(since)
    }

    /// To the microsecond below.
    pub(crate) fn make_duration<'py>(
        &self,
        py: Python<'py>,
        value: SignedDuration,
    ) -> PyResult<Bound<'py, PyAny>> {
        let microseconds = value.as_nanos().div_euclid(1_000);
        match i64::try_from(microseconds) {
            Ok(microseconds) => self.delta(py, microseconds),
            // ± 9·10¹² s are 9·10¹⁸ µs, which fit
            Err(error) => Err(error.into()),
        }
    }

    fn delta<'py>(&self, py: Python<'py>, microseconds: i64) -> PyResult<Bound<'py, PyAny>> {
        let (seconds, rest) = (
            microseconds.div_euclid(1_000_000),
            microseconds.rem_euclid(1_000_000),
        );
        let (days, seconds) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
        self.timedelta.bind(py).call1((days, seconds, rest))
    }

    pub(crate) fn make_date<'py>(&self, py: Python<'py>, value: Date) -> PyResult<Bound<'py, PyAny>> {
        let epoch = Date::constant(1970, 1, 1);
        let days = i64::from((value - epoch).get_days());
        self.from_ordinal.bind(py).call1((days + EPOCH_ORDINAL,))
    }

    pub(crate) fn make_decimal<'py>(
        &self,
        py: Python<'py>,
        value: &BigDecimal,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (unscaled, scale) = value.as_bigint_and_scale();
        self.decimal.bind(py).call1((format!("{unscaled}E{}", -scale),))
    }

    pub(crate) fn timestamp(&self, object: &Bound<'_, PyAny>) -> CodecResult<Timestamp> {
        const EXPECTED: &str = "a datetime with a time zone";
        let py = object.py();
        if !object.is_instance(self.datetime.bind(py)).unwrap_or(false) {
            return Err(wrong_type(EXPECTED, object));
        }
        let since = object
            .sub(self.epoch.bind(py))
            .map_err(|_| CodecError::new(CodecErrorKind::WrongType, EXPECTED, "a naive datetime"))?;
        let (seconds, microseconds) = parts(&since).map_err(|_| wrong_type(EXPECTED, object))?;
        Timestamp::new(seconds, microseconds * 1_000).map_err(|_| {
            CodecError::new(
                CodecErrorKind::OutOfRange,
                "a datetime in the range of timestamps",
                found(object),
            )
        })
    }

    pub(crate) fn duration(&self, object: &Bound<'_, PyAny>) -> CodecResult<SignedDuration> {
        const EXPECTED: &str = "a timedelta";
        if !object
            .is_instance(self.timedelta.bind(object.py()))
            .unwrap_or(false)
        {
            return Err(wrong_type(EXPECTED, object));
        }
        let (seconds, microseconds) = parts(object).map_err(|_| wrong_type(EXPECTED, object))?;
        Ok(SignedDuration::from_secs(seconds) + SignedDuration::from_micros(microseconds.into()))
    }

    pub(crate) fn date(&self, object: &Bound<'_, PyAny>) -> CodecResult<Date> {
        const EXPECTED: &str = "a date";
        let py = object.py();
        let is = |class: &Py<PyType>| object.is_instance(class.bind(py)).unwrap_or(false);
        // a datetime is a date too, of which a part would be lost
        if !is(&self.date) || is(&self.datetime) {
            return Err(wrong_type(EXPECTED, object));
        }
        let ordinal = object.call_method0(intern!(py, "toordinal"));
        let ordinal = ordinal.and_then(|ordinal| ordinal.extract::<i64>());
        let ordinal = ordinal.map_err(|_| wrong_type(EXPECTED, object))?;
        let days = jiff::Span::new().try_days(ordinal - EPOCH_ORDINAL);
        let date = days.and_then(|days| Date::constant(1970, 1, 1).checked_add(days));
        date.map_err(|_| wrong_type(EXPECTED, object))
    }

    pub(crate) fn decimal(&self, object: &Bound<'_, PyAny>) -> CodecResult<BigDecimal> {
        const EXPECTED: &str = "a finite Decimal";
        if !object
            .is_instance(self.decimal.bind(object.py()))
            .unwrap_or(false)
        {
            return Err(wrong_type(EXPECTED, object));
        }
        let text = object.str().map_err(|_| wrong_type(EXPECTED, object))?;
        let text = text.to_cow().map_err(|_| wrong_type(EXPECTED, object))?;
        text.parse()
            .map_err(|_| CodecError::new(CodecErrorKind::OutOfRange, EXPECTED, brief(&text)))
    }
}

/// Whole seconds below, and the microseconds above them.
fn parts(delta: &Bound<'_, PyAny>) -> PyResult<(i64, i32)> {
    let py = delta.py();
    let days: i64 = delta.getattr(intern!(py, "days"))?.extract()?;
    let seconds: i64 = delta.getattr(intern!(py, "seconds"))?.extract()?;
    let microseconds: i32 = delta.getattr(intern!(py, "microseconds"))?.extract()?;
    Ok((days * DAY + seconds, microseconds))
}

/// A value of another type than the schema's.
#[cold]
pub(crate) fn wrong_type(
    expected: impl Into<std::borrow::Cow<'static, str>>,
    object: &Bound<'_, PyAny>,
) -> CodecError {
    let kind = if object.is_none() {
        CodecErrorKind::UnexpectedNull
    } else {
        CodecErrorKind::WrongType
    };
    CodecError::new(kind, expected, found(object))
}

/// What a value is, short enough for an error: numbers and texts are shown, of others the type.
pub(crate) fn found(object: &Bound<'_, PyAny>) -> String {
    if object.is_none() {
        return "None".to_owned();
    }
    let class = object.get_type();
    let name = class
        .qualname()
        .map_or_else(|_| "an object".to_owned(), |name| name.to_string());
    let shown = matches!(
        name.as_str(),
        "int" | "float" | "bool" | "str" | "Decimal" | "datetime" | "date"
    );
    match object.repr() {
        Ok(repr) if shown => format!("{name} {}", brief(&repr.to_string_lossy())),
        _ => name,
    }
}

fn brief(text: &str) -> String {
    const MOST: usize = 48;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// An error of the interpreter's while a value was looked at.
#[cold]
pub(crate) fn raised(py: Python<'_>, error: &PyErr) -> CodecError {
    let text = error.value(py).str().ok();
    let text = text
        .map(|text| text.to_string_lossy().into_owned())
        .unwrap_or_default();
    CodecError::new(
        CodecErrorKind::Refused,
        "a value",
        format!("an exception: {}", brief(&text)),
    )
}
