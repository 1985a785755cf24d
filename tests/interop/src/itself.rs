//! The service `matrix.Itself`: the message of each case as what it is. The code of its type reads and writes it here, too.

use crate::generated::{CASES, itself};
use aster_runtime::codegen::v1::{self, Message};
use aster_runtime::raw::Payload;
use aster_runtime::{Client, Status};
use futures_util::StreamExt as _;

/// Reads a message, and writes it again.
pub(crate) type Again = fn(&[u8]) -> Result<Vec<u8>, Status>;

pub(crate) fn again<T: Message>(payload: &[u8]) -> Result<Vec<u8>, Status> {
    let message = T::decode(payload).map_err(|error| Status::contract_violation(error.to_string()))?;
    let mut buffer = Vec::new();
    match message.encode(&mut buffer) {
        Ok(()) => Ok(buffer),
        Err(error) => Err(Status::internal(error.to_string())),
    }
}

/// The case of a method, which is named by its number.
fn case(method: usize) -> Result<Again, Status> {
    let name = itself().methods.get(method).map(|method| method.name);
    let number = name
        .and_then(|name| name.strip_prefix('c'))
        .and_then(|number| number.parse::<usize>().ok());
    let case = number.and_then(|number| CASES.get(number.checked_sub(1)?));
    case.copied()
        .ok_or_else(|| Status::unimplemented(format!("no case: {name:?}")))
}

pub(crate) struct Itself;

impl v1::Service for Itself {
    fn info(&self) -> &'static v1::ServiceInfo {
        itself()
    }

    fn call(&self, method: usize, call: v1::ServerCall) -> v1::CallFuture {
        call.raw_bidi_stream(async move |mut requests, _, out| {
            let again = case(method)?;
            while let Some(request) = requests.message().await? {
                out.send_raw(Payload::holding(&again(&request)?)).await?;
            }
            Ok(())
        })
    }
}

/// Sends the messages of a case, and gives what comes back.
pub(crate) async fn call(client: &Client, name: &str, payloads: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, Status> {
    let stub =
        v1::Stub::new(client, itself()).map_err(|error| Status::failed_precondition(error.to_string()))?;
    let method = itself().methods.iter().position(|method| method.name == name);
    let method = method.ok_or_else(|| Status::invalid_argument(format!("no case: {name}")))?;
    let again = case(method)?;
    let requests = payloads
        .iter()
        .map(|payload| again(payload).map(|payload| Payload::holding(&payload)))
        .collect::<Result<Vec<_>, _>>()?;
    let (mut sender, mut responses) = stub.raw_bidi_stream(method).await?;
    let sending = async move {
        for request in requests {
            // what the responses end with says why
            if sender.send(request).await.is_err() {
                break;
            }
        }
        sender.finish();
    };
    let receiving = async {
        let mut answers = Vec::new();
        while let Some(answer) = responses.next().await {
            answers.push(again(&answer?)?);
        }
        Ok(answers)
    };
    let ((), answers) = futures_util::join!(sending, receiving);
    answers
}
