//! Schemas as a peer would describe them.

use aster_contract::described::Described;
use aster_contract::encode::Encode;
use aster_contract::graph::Service;
use aster_contract::identity;
use aster_contract::model::{ContractId, Scope, SerializationMode};
use aster_runtime::codec::table::Table;
use asterc::driver::disk::Disk;
use asterc::driver::{Input, Options, compile};

/// What `describe` would return.
#[derive(Clone, Debug)]
pub(crate) struct Description {
    pub(crate) id: ContractId,
    pub(crate) contract: Vec<u8>,
    pub(crate) types: Vec<Vec<u8>>,
    pub(crate) nested: Vec<Vec<u8>>,
}

impl Description {
    /// All types of a schema, and its first service; a service without methods if it has none.
    pub(crate) fn of(inputs: &[Input]) -> Self {
        let compiled = compile(inputs, &Options::default(), &Disk).expect("the schema is there");
        assert!(compiled.schema.is_some(), "{}", compiled.human(false));
        let contracts = compiled
            .contracts()
            .expect("a schema has an identity")
            .expect("a schema");
        let contract = contracts.services.into_iter().next().unwrap_or_else(|| {
            let empty = Service {
                name: "Empty".into(),
                version: 1,
                methods: vec![],
                modes: vec![SerializationMode::Xlang],
                scope: Scope::Shared,
                requires: None,
            };
            identity::contract(&empty, &contracts.types).expect("a service without methods")
        });
        let types = contracts.types.types();
        Self {
            id: contract.id,
            contract: contract.canonical,
            types: types.iter().map(|ty| ty.canonical.clone()).collect(),
            nested: types
                .iter()
                .flat_map(|ty| &ty.nested)
                .map(Encode::encode)
                .collect(),
        }
    }

    pub(crate) fn borrowed(&self) -> Described<'_> {
        Described {
            contract: &self.contract,
            types: self.types.iter().map(Vec::as_slice).collect(),
            nested: self.nested.iter().map(Vec::as_slice).collect(),
        }
    }

    pub(crate) fn table(&self) -> Table {
        Table::build(self.id, &self.borrowed()).unwrap_or_else(|error| panic!("{error}"))
    }
}
