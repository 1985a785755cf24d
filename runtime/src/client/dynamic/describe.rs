//! Asks a server what a service is, and verifies what it says.

use super::error::ServiceError;
use crate::admission::ServiceEntry;
use crate::aster_node::schema::{DescribeRequest, Description as Described};
use crate::aster_node::{NODE_CONTRACT_ID, SERVICE};
use crate::client::Client;
use crate::client::callee::Method;
use crate::client::stub::{Stub, not_found};
use crate::codec::table::{Table, TypeIndex};
use crate::codec::{At as _, CodecError, CodecErrorKind, CodecResult, Decoder, Encoder, Message, TypeInfo};
use crate::service::{Definitions, MethodInfo, Mode, ServiceInfo};
use aster_contract::described::{self, MAX_BYTES};
use aster_contract::model::{ContractId, MethodDef, Pattern, Scope, SerializationMode, ServiceContract};
use std::time::Duration;

/// A service as its server described it, verified.
pub(crate) struct Description {
    /// The full name.
    pub(crate) name: Box<str>,
    pub(crate) table: Table,
    pub(crate) definitions: Described,
    /// As in the contract.
    pub(crate) methods: Box<[DescribedMethod]>,
}

/// A method of it.
pub(crate) struct DescribedMethod {
    pub(crate) name: Box<str>,
    pub(crate) request: TypeIndex,
    pub(crate) response: TypeIndex,
    pattern: Pattern,
    idempotent: bool,
    timeout: Option<Duration>,
}

impl Description {
    pub(crate) fn contract(&self) -> &ServiceContract {
        self.table.contract()
    }
}

impl DescribedMethod {
    pub(crate) fn method(&self) -> Method<'_> {
        Method {
            name: &self.name,
            pattern: self.pattern,
            idempotent: self.idempotent,
            timeout: self.timeout,
        }
    }
}

/// The one method that is called here: generated code would read an answer of any size.
static NODE: ServiceInfo = ServiceInfo {
    name: SERVICE,
    version: 1,
    contract_id: NODE_CONTRACT_ID,
    scope: Scope::Shared,
    modes: &[Mode::Xlang],
    requires: None,
    methods: &[MethodInfo {
        name: "describe",
        pattern: Pattern::Unary,
        idempotent: true,
        timeout: Some(Duration::from_secs(10)),
        requires: None,
    }],
    definitions: &Definitions::NONE,
};

/// A service under one contract, among what a server lists.
pub(super) struct Listed {
    name: String,
    version: i32,
    contract_id: ContractId,
}

/// Finds the service of that name, the full one or the last part of it.
pub(super) fn find(
    services: &[ServiceEntry],
    name: &str,
    contract_id: Option<ContractId>,
) -> Result<Listed, ServiceError> {
    let name = full_name(services, name)?;
    let mut found: Vec<_> = services
        .iter()
        .filter(|entry| entry.name == name)
        .filter_map(|entry| Some((entry, entry.contract()?)))
        .collect();
    if let Some(asked) = contract_id {
        if !found.iter().any(|(_, id)| *id == asked) {
            let theirs = found.into_iter().map(|(_, id)| id).collect();
            return Err(ServiceError::NoSuchContract {
                service: name.to_owned(),
                asked,
                theirs,
            });
        }
        found.retain(|(_, id)| *id == asked);
    }
    match found[..] {
        [] => Err(not_found(name, services).into()),
        [(entry, contract_id)] => Ok(Listed {
            name: entry.name.clone(),
            version: entry.version,
            contract_id,
        }),
        _ => Err(ServiceError::AmbiguousContract {
            service: name.to_owned(),
            contracts: found.into_iter().map(|(_, id)| id).collect(),
        }),
    }
}

fn full_name<'n>(services: &'n [ServiceEntry], name: &'n str) -> Result<&'n str, ServiceError> {
    if services.iter().any(|entry| entry.name == name) {
        return Ok(name);
    }
    let mut full: Vec<&str> = services
        .iter()
        .map(|entry| &*entry.name)
        .filter(|full| simple(full) == name)
        .collect();
    full.sort_unstable();
    full.dedup();
    match full[..] {
        [] => Err(not_found(name, services).into()),
        [only] => Ok(only),
        _ => Err(ServiceError::AmbiguousName {
            name: name.to_owned(),
            services: full.into_iter().map(str::to_owned).collect(),
        }),
    }
}

fn simple(full: &str) -> &str {
    full.rsplit_once('.').map_or(full, |(_, name)| name)
}

/// Asks the server for the definitions behind a contract that it lists.
pub(super) async fn describe(client: &Client, listed: Listed) -> Result<Description, ServiceError> {
    let refused = |status| ServiceError::of_call(listed.name.clone(), status);
    let node = Stub::new(client, &NODE)?;
    let request = DescribeRequest {
        contract_id: listed.contract_id.0.to_vec(),
    };
    let answer = node
        .unary(0, request, |Bounded(described)| described)
        .await
        .map_err(refused)?;
    verify(listed, answer)
}

/// Makes what a server said into what can be called.
fn verify(listed: Listed, answer: Described) -> Result<Description, ServiceError> {
    let described = described::Described {
        contract: &answer.contract,
        types: answer.types.iter().map(Vec::as_slice).collect(),
        nested: answer.nested.iter().map(Vec::as_slice).collect(),
    };
    let table = match Table::build(listed.contract_id, &described) {
        Ok(table) => table,
        Err(error) => {
            return Err(ServiceError::Description {
                service: listed.name,
                error,
            });
        }
    };
    let contract = table.contract();
    if contract.name != simple(&listed.name) || contract.version != listed.version {
        return Err(ServiceError::OtherService {
            found: format!("`{}`, version {}", contract.name.escape_debug(), contract.version),
            service: listed.name,
        });
    }
    let modes = &contract.serialization_modes;
    if !modes.contains(&SerializationMode::Xlang) {
        return Err(ServiceError::NoXlang {
            modes: modes.iter().map(|mode| mode.name().to_owned()).collect(),
            service: listed.name,
        });
    }
    let methods = contract.methods.iter();
    // `build` has found the types of each
    let methods = methods
        .filter_map(|method| described_method(&table, method))
        .collect();
    Ok(Description {
        name: listed.name.into(),
        methods,
        table,
        definitions: answer,
    })
}

fn described_method(table: &Table, method: &MethodDef) -> Option<DescribedMethod> {
    let timeout = Duration::try_from_secs_f64(method.default_timeout).ok();
    Some(DescribedMethod {
        name: method.name.as_str().into(),
        request: table.type_of(method.request_type)?,
        response: table.type_of(method.response_type)?,
        pattern: method.pattern,
        idempotent: method.idempotent,
        timeout: timeout.filter(|time| !time.is_zero()),
    })
}

/// A description that is not read any further once it is larger than any that is accepted: the counts in it are a peer's.
struct Bounded(Described);

/// What each record counts beside its bytes, as [`MAX_BYTES`] counts it.
const RECORD: usize = 32;

impl Message for Bounded {
    const TYPE: &'static TypeInfo = Described::TYPE;

    fn write_fields(&self, out: &mut Encoder<'_>) -> CodecResult<()> {
        self.0.write_fields(out)
    }

    fn read_fields(input: &mut Decoder<'_>) -> CodecResult<Self> {
        let mut size = 0usize;
        let mut record = |input: &mut Decoder<'_>| {
            let bytes = input.bytes()?;
            size = size.saturating_add(bytes.len()).saturating_add(RECORD);
            if size > MAX_BYTES {
                return Err(too_large());
            }
            Ok(bytes)
        };
        Ok(Self(Described {
            contract: record(input).field("contract")?,
            nested: input.list(&mut record).field("nested")?,
            types: input.list(&mut record).field("types")?,
        }))
    }
}

#[cold]
fn too_large() -> CodecError {
    let expected = format!("at most {MAX_BYTES} bytes of definitions, each with {RECORD} for its hash");
    CodecError::new(CodecErrorKind::TooLarge, expected, "more")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, id: u8) -> ServiceEntry {
        ServiceEntry {
            name: name.to_owned(),
            version: 1,
            contract_id: format!("{id:02x}").repeat(32),
            channels: std::collections::BTreeMap::default(),
            pattern: "shared".to_owned(),
            serialization_modes: vec!["xlang".to_owned()],
        }
    }

    #[test]
    fn a_service_is_found_by_its_name_or_the_last_part_of_it() {
        let services = [
            entry("a.One", 1),
            entry("a.Two", 2),
            entry("b.Two", 3),
            entry("Two", 4),
        ];
        let find = |name| find(&services, name, None).map(|listed| listed.contract_id.0[0]);
        assert_eq!(find("a.One"), Ok(1));
        assert_eq!(find("One"), Ok(1));
        assert_eq!(find("Two"), Ok(4), "the full name comes first");
        assert!(matches!(find("Three"), Err(ServiceError::Stub(_))));
        let two = super::find(&services[..3], "Two", None).map(|listed| listed.name);
        let services = vec!["a.Two".to_owned(), "b.Two".to_owned()];
        let name = "Two".to_owned();
        assert_eq!(two, Err(ServiceError::AmbiguousName { name, services }));
    }

    #[test]
    fn several_contracts_ask_for_a_choice() {
        let services = [entry("a.One", 1), entry("a.One", 2)];
        let id = |byte| ContractId([byte; 32]);
        let find = |id| find(&services, "One", id).map(|listed| listed.contract_id);
        assert_eq!(find(Some(id(2))), Ok(id(2)));
        let contracts = vec![id(1), id(2)];
        let service = "a.One".to_owned();
        assert_eq!(
            find(None),
            Err(ServiceError::AmbiguousContract { service, contracts })
        );
        assert!(matches!(
            find(Some(id(3))),
            Err(ServiceError::NoSuchContract { .. })
        ));
    }

    #[test]
    fn a_description_is_not_read_beyond_what_is_accepted() {
        let mut payload = Vec::new();
        let many = Described::new(Vec::new(), vec![Vec::new(); MAX_BYTES / RECORD - 1], Vec::new());
        many.encode(&mut payload).unwrap();
        assert!(Bounded::decode(&payload).is_ok());
        let more = Described::new(Vec::new(), vec![Vec::new(); MAX_BYTES / RECORD], Vec::new());
        payload.clear();
        more.encode(&mut payload).unwrap();
        let error = Bounded::decode(&payload).map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), CodecErrorKind::TooLarge);
        assert!(error.path().starts_with("types["), "{error}");
    }
}
