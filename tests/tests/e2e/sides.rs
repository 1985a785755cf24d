//! Both sides of every row of the verdict table, as a server and as a client.

use aster_runtime::codegen::v1::{Context, Status};
use aster_runtime::codegen::v1::{ContractId, StubError};
use aster_runtime::{Client, ServerBuilder};
use futures_util::Stream;
use futures_util::future::BoxFuture;
use futures_util::stream::Empty;

/// The generated code.
#[expect(
    unreachable_pub,
    dead_code,
    clippy::allow_attributes,
    reason = "a crate would have it for others, and its lints are its own"
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/drift.rs"));
}

/// What a call came to.
pub(crate) type Answer = BoxFuture<'static, Result<String, Status>>;

/// The code of one schema.
pub(crate) struct Side {
    pub(crate) contract_id: ContractId,
    /// Adds an implementation of the service.
    pub(crate) serve: fn(ServerBuilder) -> ServerBuilder,
    /// Makes the client, and a call that has not begun.
    pub(crate) call: fn(&Client) -> Result<Answer, StubError>,
}

/// The handlers of rows whose contract ids differ say that they were reached: the refusal comes before them.
fn reached<T>() -> Result<T, Status> {
    Err(Status::aborted("the handler was reached"))
}

/// Implements whatever a row's service is.
struct Handler;

/// An order of the schemas whose contract is the same.
macro_rules! order {
    () => {
        Ok(Order {
            id: 7,
            buyer: "Ada".to_owned(),
            note: None,
            state: State::Paid,
            tags: vec!["new".to_owned()],
            to: Address {
                street: "Ring 1".to_owned(),
                city: "Ulm".to_owned(),
            },
        })
    };
}

/// What an order says, in one order whatever the schema's is.
macro_rules! summary {
    () => {
        |order: Order| {
            let Order {
                id,
                buyer,
                note,
                state,
                tags,
                to: Address { street, city },
            } = order;
            format!("{id} {buyer} {note:?} {state:?} {tags:?} {street} {city}")
        }
    };
}

/// For responses that no handler of the row gives.
fn silent<T>(_: T) -> String {
    String::new()
}

/// The handlers as `name(requests) -> response = body;`, then the call. Most rows have the handlers of `usual`; those of
/// `same` answer, since both sides have one contract. The one of `session` is served to sessions, and called in one.
macro_rules! side {
    ($row:ident $side:ident none) => {
        pub(crate) const SIDE: Option<Side> = None;
    };
    ($row:ident $side:ident usual) => {
        side!($row $side (
            find(FindRequest) -> Order = reached();
            last(LastRequest) -> Option<Event> = reached();
        ) last(1) => silent);
    };
    ($row:ident $side:ident session) => {
        side!($row $side session Drift DriftServer DriftClient {
            find(FindRequest) -> Order = reached();
            last(LastRequest) -> Option<Event> = reached();
        } last(1) => silent);
    };
    (@server shared $server:ident) => { $server::new(Handler) };
    (@server session $server:ident) => { $server::per_session(|_| Handler) };
    (@client shared $client:ident $connected:ident) => { $client::new($connected) };
    (@client session $client:ident $connected:ident) => { $client::new(&$connected.session()) };
    ($row:ident $side:ident same) => {
        side!($row $side (
            find(FindRequest) -> Order = order!();
            last(LastRequest) -> Option<Event> = reached();
        ) find(FindRequest::new(7)) => summary!());
    };
    ($row:ident $side:ident ($($methods:tt)*) $($call:tt)*) => {
        side!($row $side shared Drift DriftServer DriftClient { $($methods)* } $($call)*);
    };
    ($row:ident $side:ident $scope:ident $service:ident $server:ident $client:ident {
        $($method:ident($($request:ty),*) -> $response:ty = $body:expr;)*
    } $call:ident($($argument:expr),*) => $show:expr) => {
        use crate::sides::generated::$row::$side::*;
        use futures_util::future::FutureExt as _;

        impl $service for Handler {
            $(async fn $method(&self, $(_: $request,)* _: &Context) -> Result<$response, Status> {
                $body
            })*
        }

        pub(crate) const SIDE: Option<Side> = Some(Side {
            contract_id: $client::CONTRACT_ID,
            serve: |server| server.add(side!(@server $scope $server)),
            call: |client| {
                let answer = side!(@client $scope $client client)?.$call($($argument),*).into_future();
                Ok(answer.map(|answer| answer.map($show)).boxed())
            },
        });
    };
}

/// `module "folder" { old } { new }`
macro_rules! rows {
    ($($row:ident $folder:literal { $($old:tt)* } { $($new:tt)* })*) => {
        /// The folder of each row below `drift`, and its two sides; `None` where the service is not there.
        pub(crate) const ROWS: &[(&str, Option<Side>, Option<Side>)] =
            &[$(($folder, $row::old::SIDE, $row::new::SIDE)),*];

        $(mod $row {
            pub(super) mod old {
                use crate::sides::*;
                side!($row old $($old)*);
            }
            pub(super) mod new {
                use crate::sides::*;
                side!($row new $($new)*);
            }
        })*
    };
}

rows! {
    alias_changed "alias-changed" { usual } { usual }
    case_added "case-added" { usual } { usual }
    case_removed "case-removed" { usual } { usual }
    case_renamed "case-renamed" { usual } { usual }
    case_renumbered "case-renumbered" { usual } { usual }
    case_type_changed "case-type-changed" { usual } { usual }
    constant_added "constant-added" { same } { same }
    constant_removed "constant-removed" { same } { same }
    constant_type_changed "constant-type-changed" { same } { same }
    constant_value_changed "constant-value-changed" { same } { same }
    default_added "default-added" { same } { same }
    default_changed "default-changed" { same } { same }
    default_removed "default-removed" { same } { same }
    deprecation_changed "deprecation-changed" { same } { same }
    field_added_default "field-added_default" { usual } { usual }
    field_added_optional "field-added_optional" { usual } { usual }
    field_became_optional "field-became-optional" { usual } { usual }
    field_became_required "field-became-required" { usual } { usual }
    field_container_changed "field-container-changed" { usual } { usual }
    field_removed "field-removed" { usual } { usual }
    field_removed_parameter "field-removed_parameter" { usual } {
        (find(FindRequest) -> Order = reached(); last(LastRequest) -> Option<Event> = reached();) last() => silent
    }
    field_renamed "field-renamed" { usual } { usual }
    field_type_changed "field-type-changed" { usual } { usual }
    field_type_changed_in_cycle "field-type-changed_in_cycle" { usual } { usual }
    idempotent_changed_added "idempotent-changed_added" { usual } { usual }
    idempotent_changed_dropped "idempotent-changed_dropped" { usual } { usual }
    method_added "method-added" { usual } {
        (find(FindRequest) -> Order = reached(); last(LastRequest) -> Option<Event> = reached(); drop_(DropRequest) -> () = reached();) last(1) => silent
    }
    method_removed "method-removed" { usual } {
        (find(FindRequest) -> Order = reached();) find(FindRequest::new(7)) => silent
    }
    method_renamed "method-renamed" { usual } {
        (search(FindRequest) -> Order = reached(); last(LastRequest) -> Option<Event> = reached();) search(FindRequest::new(7)) => silent
    }
    method_shape_changed "method-shape-changed" { usual } {
        (find(FindRequest) -> impl Stream<Item = Result<Order, Status>> + Send = reached::<Empty<Result<Order, Status>>>(); last(LastRequest) -> Option<Event> = reached();) last(1) => silent
    }
    modes_changed "modes-changed" { usual } { usual }
    nothing_docs "nothing_docs" { same } { same }
    nothing_order "nothing_order" { same } { same }
    parameters_changed "parameters-changed" { same } {
        (find(FindRequest) -> Order = order!(); last(LastRequest) -> Option<Event> = reached();) find(7) => summary!()
    }
    request_replaced "request-replaced" { usual } {
        (find(Query) -> Order = reached(); last(LastRequest) -> Option<Event> = reached();) find(Query::new(7)) => silent
    }
    required_field_added "required-field-added" { usual } { usual }
    requires_changed_loosened "requires-changed_loosened" { usual } { usual }
    requires_changed_method "requires-changed_method" { usual } { usual }
    requires_changed_tightened "requires-changed_tightened" { usual } { usual }
    reserved_changed "reserved-changed" { same } { same }
    response_replaced "response-replaced" { usual } {
        (find(FindRequest) -> Address = reached(); last(LastRequest) -> Option<Event> = reached();) find(FindRequest::new(7)) => silent
    }
    scope_changed "scope-changed" { usual } { session }
    service_added "service-added" { same } { same }
    service_removed "service-removed" { usual } { none }
    service_renamed "service-renamed" { usual } {
        shared Shift ShiftServer ShiftClient { find(FindRequest) -> Order = reached(); last(LastRequest) -> Option<Event> = reached(); } last(1) => silent
    }
    timeout_changed "timeout-changed" { usual } { usual }
    type_added "type-added" { same } { same }
    type_kind_changed "type-kind-changed" { usual } { usual }
    type_removed "type-removed" { same } { same }
    type_renamed "type-renamed" { usual } { usual }
    type_renamed_unmarked "type-renamed_unmarked" { usual } { usual }
    value_added "value-added" { usual } { usual }
    value_removed "value-removed" { usual } { usual }
    value_renamed "value-renamed" { usual } { usual }
    value_renumbered "value-renumbered" { usual } { usual }
    version_changed "version-changed" { usual } { usual }
}
