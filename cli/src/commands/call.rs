//! `aster call`: calls a method that the peer describes. Each message that comes back is a line of JSON.

use crate::Common;
use crate::dial;
use crate::failure::Failure;
use crate::output::Output;
use crate::requests::Requests;
use crate::waiting::Waiting;
use aster_runtime::contract::model::{ContractId, Pattern};
use aster_runtime::{Code, DynamicMethod, Metadata, Status, Streaming};
use clap::Args;
use futures_util::StreamExt as _;
use jiff::SignedDuration;
use std::time::Duration;

#[derive(Args)]
pub(crate) struct Call {
    #[command(flatten)]
    peer: dial::Peer,
    /// What to call, as `fleet.Control.status`; the last part of the service's name is enough where no other has it
    #[arg(value_name = "SERVICE.METHOD")]
    method: String,
    /// The requests as JSON; `-` reads them from standard input, one on each line where the method takes several
    #[arg(value_name = "JSON")]
    requests: Vec<String>,
    /// Give up after this time, such as `500ms` or `2m` [default: the method's, else 60 s where nothing streams]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    deadline: Option<Duration>,
    /// Send an entry along; may be given several times
    #[arg(short, long, value_name = "KEY=VALUE", value_parser = entry)]
    metadata: Vec<(String, String)>,
    /// Print also what comes beside the messages, to standard error
    #[arg(long)]
    show_metadata: bool,
    /// Which contract, where the service is served under several
    #[arg(long, value_name = "ID")]
    contract: Option<ContractId>,
}

pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let parsed = text.parse::<SignedDuration>().ok();
    let time = parsed.and_then(|time| Duration::try_from(time).ok());
    time.filter(|time| !time.is_zero())
        .ok_or_else(|| "a time above zero with its unit, such as `500ms`, `5s` or `2m`".to_owned())
}

pub(crate) fn entry(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("an entry is `key=value`".to_owned()),
    }
}

pub(crate) async fn run(arguments: &Call, common: &Common, output: &Output) -> Result<(), Failure> {
    let Some((service, method)) = arguments.method.rsplit_once(['.', '/']) else {
        return Err(Failure::Usage(format!(
            "`{}` names no method: write `Service.method`",
            arguments.method
        )));
    };
    let requests = Requests::of(&arguments.requests)?;
    dial::with(&arguments.peer, common, output, async |client| {
        let service = super::service(client, service, arguments.contract, output).await?;
        let method = service.method(method)?;
        let calling = Calling {
            arguments,
            method: &method,
            typed: requests.are_typed(),
            output,
        };
        match method.pattern() {
            Pattern::Unary => calling.unary(&requests).await,
            Pattern::ServerStream => calling.server_stream(&requests).await,
            Pattern::ClientStream => calling.client_stream(&requests).await,
            Pattern::BidiStream => calling.bidi_stream(&requests).await,
        }
    })
    .await
}

struct Calling<'a> {
    arguments: &'a Call,
    method: &'a DynamicMethod,
    /// Whether somebody types the requests, at a terminal that is theirs meanwhile.
    typed: bool,
    output: &'a Output,
}

/// A call with the options of the command line.
macro_rules! with_options {
    ($self:ident, $call:expr) => {{
        let mut call = $call;
        if let Some(time) = $self.arguments.deadline {
            call = call.deadline(time);
        }
        for (key, value) in &$self.arguments.metadata {
            call = call.metadata(key, value);
        }
        call
    }};
}

impl Calling<'_> {
    async fn unary(&self, requests: &Requests<'_>) -> Result<(), Failure> {
        let request = requests.one(self.method.name()).await?;
        let call = with_options!(self, self.method.unary(request));
        let waiting = self.output.waiting(&self.answer());
        let response = call.with_response().await?;
        drop(waiting);
        self.tell("header", &response.metadata);
        self.output.message(&response.message)?;
        self.tell("trailer", &response.trailer);
        Ok(())
    }

    async fn server_stream(&self, requests: &Requests<'_>) -> Result<(), Failure> {
        let request = requests.one(self.method.name()).await?;
        let call = with_options!(self, self.method.server_stream(request));
        let waiting = self.waiting();
        let responses = call.await?;
        drop(waiting);
        self.print(responses).await
    }

    async fn client_stream(&self, requests: &Requests<'_>) -> Result<(), Failure> {
        let (requests, failed) = requests.many();
        let call = with_options!(self, self.method.client_stream(requests));
        let waiting = self.waiting();
        let reply = tokio::select! {
            reply = call.into_future() => reply?,
            Ok(error) = failed => return Err(Failure::Input(error)),
        };
        drop(waiting);
        self.output.message(&reply)
    }

    async fn bidi_stream(&self, requests: &Requests<'_>) -> Result<(), Failure> {
        let (mut requests, failed) = requests.many();
        let call = with_options!(self, self.method.bidi_stream());
        let waiting = self.waiting();
        let (mut send, responses) = call.await?;
        drop(waiting);
        let sending = async {
            while let Some(request) = requests.next().await {
                match send.send(request).await {
                    Ok(()) => {}
                    Err(status) if is_ours(&status) => return Err(status),
                    // the responses say why
                    Err(_) => break,
                }
            }
            send.finish();
            Ok(())
        };
        let printing = self.print(responses);
        let (mut sending, mut printing) = (std::pin::pin!(sending), std::pin::pin!(printing));
        tokio::select! {
            printed = &mut printing => return printed,
            sent = &mut sending => sent?,
            Ok(error) = failed => return Err(Failure::Input(error)),
        }
        printing.await
    }

    async fn print(&self, mut responses: Streaming<String>) -> Result<(), Failure> {
        self.tell("header", responses.metadata());
        let mut waiting = Some(self.waiting());
        while let Some(message) = responses.message().await? {
            waiting.take();
            self.output.message(&message)?;
        }
        drop(waiting);
        if let Some(trailer) = responses.trailer() {
            self.tell("trailer", trailer);
        }
        Ok(())
    }

    fn answer(&self) -> String {
        format!("waiting for an answer of `{}`", self.method.name())
    }

    /// Says that the first message is waited for.
    fn waiting(&self) -> Waiting {
        match self.typed {
            true => Waiting::unseen(),
            false => self.output.waiting(&self.answer()),
        }
    }

    fn tell(&self, name: &str, metadata: &Metadata) {
        if self.arguments.show_metadata && !metadata.is_empty() {
            self.output.metadata(name, metadata);
        }
    }
}

/// Whether a request was not sent because of what it is.
fn is_ours(status: &Status) -> bool {
    [Code::CONTRACT_VIOLATION, Code::RESOURCE_EXHAUSTED].contains(&status.code())
}
