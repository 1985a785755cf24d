//! The service that a stub calls: as generated code has it, or as its server described it.

use crate::client::dynamic::Description;
use crate::service::{MethodInfo, ServiceInfo};
use aster_contract::model::{ContractId, Pattern};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

/// A service. Cheap to clone.
#[derive(Clone)]
pub(crate) enum Callee {
    Generated(&'static ServiceInfo),
    Described(Arc<Description>),
}

/// What a call has to know of its method.
#[derive(Clone, Copy)]
pub(crate) struct Method<'a> {
    pub(crate) name: &'a str,
    pub(crate) pattern: Pattern,
    pub(crate) idempotent: bool,
    pub(crate) timeout: Option<Duration>,
}

impl<'a> From<&'a MethodInfo> for Method<'a> {
    fn from(info: &'a MethodInfo) -> Self {
        Self {
            name: info.name,
            pattern: info.pattern,
            idempotent: info.idempotent,
            timeout: info.timeout,
        }
    }
}

impl Callee {
    /// The full name.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Generated(info) => info.name,
            Self::Described(description) => &description.name,
        }
    }

    pub(crate) fn version(&self) -> i32 {
        match self {
            Self::Generated(info) => info.version,
            Self::Described(description) => description.contract().version,
        }
    }

    pub(crate) fn contract_id(&self) -> ContractId {
        match self {
            Self::Generated(info) => info.contract_id,
            Self::Described(description) => description.table.contract_id(),
        }
    }

    /// The method of an index that a stub was asked for.
    pub(crate) fn method(&self, index: usize) -> Method<'_> {
        match self {
            Self::Generated(info) => (&info.methods[index]).into(),
            Self::Described(description) => description.methods[index].method(),
        }
    }

    pub(crate) fn methods(&self) -> impl Iterator<Item = Method<'_>> {
        let count = match self {
            Self::Generated(info) => info.methods.len(),
            Self::Described(description) => description.methods.len(),
        };
        (0..count).map(|index| self.method(index))
    }

    /// The full name, to be kept. That of generated code costs nothing.
    pub(crate) fn kept_name(&self) -> Cow<'static, str> {
        match self {
            Self::Generated(info) => Cow::Borrowed(info.name),
            Self::Described(description) => Cow::Owned(description.name.to_string()),
        }
    }

    /// The name of a method, to be kept.
    pub(crate) fn kept_method(&self, index: usize) -> Cow<'static, str> {
        match self {
            Self::Generated(info) => Cow::Borrowed(info.methods[index].name),
            Self::Described(description) => Cow::Owned(description.methods[index].method().name.to_owned()),
        }
    }
}
