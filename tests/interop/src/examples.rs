//! The services of the examples, each with one answer that shows what it was asked.

use crate::generated::corners::services::{
    In, ManyRequest, NoParametersRequest, Out, ParametersRequest, ServerStreamValueRequest, Shapes,
    ShapesServer,
};
use crate::generated::fleet::control::{
    CdRequest, Command, CommandOutput, Control, ControlServer, IngestReply, Listing, LogEntry, LsRequest,
    Outcome, Report, Shell, ShellServer, StatusReply, StatusRequest, TailRequest,
};
use crate::generated::hello::{Hello, HelloReply, HelloRequest, HelloServer};
use aster_runtime::codegen::v1::{BigDecimal, SignedDuration, Timestamp};
use aster_runtime::{Context, ServerBuilder, Status, Streaming};
use futures_util::{Stream, StreamExt as _, stream};
use std::sync::Mutex;

/// Serves them.
pub(crate) fn add(server: ServerBuilder) -> ServerBuilder {
    server
        .add(HelloServer::new(Examples))
        .add(ControlServer::new(Examples))
        .add(ShapesServer::new(Examples))
        .add(ShellServer::per_session(|_| Place(Mutex::new("/".to_owned()))))
}

struct Examples;

impl Hello for Examples {
    async fn greet(&self, request: HelloRequest, _: &Context) -> Result<HelloReply, Status> {
        let text = format!("{} {}", request.name, request.mood as u32);
        Ok(HelloReply::new(text, Timestamp::UNIX_EPOCH))
    }
}

impl Control for Examples {
    async fn status(&self, request: StatusRequest, _: &Context) -> Result<StatusReply, Status> {
        let mut reply = StatusReply::new(request.agent, vec![0.5]);
        if request.verbose {
            reply.outcome = Some(Outcome::Done(Report::new(3, SignedDuration::from_millis(-1500))));
        }
        Ok(reply)
    }

    async fn submit(&self, request: LogEntry, _: &Context) -> Result<(), Status> {
        match request.text.as_str() {
            "" => Err(Status::invalid_argument("the line is empty")),
            _ => Ok(()),
        }
    }

    async fn tail(
        &self,
        request: TailRequest,
        _: &Context,
    ) -> Result<impl Stream<Item = Result<LogEntry, Status>> + Send, Status> {
        let level = request.level;
        Ok(stream::iter(request.agents).map(move |agent| {
            let mut entry = LogEntry::new(agent, Timestamp::UNIX_EPOCH, "a line");
            entry.level = level;
            Ok(entry)
        }))
    }

    async fn ingest(&self, mut requests: Streaming<LogEntry>, _: &Context) -> Result<IngestReply, Status> {
        let mut lines = 0;
        while requests.message().await?.is_some() {
            lines += 1;
        }
        Ok(IngestReply::new(lines))
    }

    async fn exec(
        &self,
        requests: Streaming<Command>,
        _: &Context,
    ) -> Result<impl Stream<Item = Result<CommandOutput, Status>> + Send, Status> {
        Ok(requests.map(|command| {
            let command = command?;
            let mut output = CommandOutput::new(format!("{} {}", command.name, command.arguments.join(" ")));
            output.code = i32::try_from(command.within.as_secs()).ok();
            Ok(output)
        }))
    }
}

/// Where a session is.
struct Place(Mutex<String>);

impl Place {
    fn path(&self) -> std::sync::MutexGuard<'_, String> {
        self.0.lock().expect("nobody panics with it")
    }
}

impl Shell for Place {
    async fn cd(&self, request: CdRequest, _: &Context) -> Result<(), Status> {
        *self.path() = request.path;
        Ok(())
    }

    async fn ls(&self, _: LsRequest, _: &Context) -> Result<Listing, Status> {
        Ok(Listing::new(self.path().clone(), Vec::new()))
    }
}

impl Shapes for Examples {
    async fn unary(&self, request: In, _: &Context) -> Result<Out, Status> {
        Ok(Out::new(request.text))
    }

    async fn unary_value(&self, request: In, _: &Context) -> Result<i32, Status> {
        Ok(-i32::try_from(request.text.chars().count()).unwrap_or(i32::MAX))
    }

    async fn unary_list(&self, request: In, _: &Context) -> Result<Vec<Option<String>>, Status> {
        Ok(vec![Some(request.text), None])
    }

    async fn unary_maybe(&self, request: In, _: &Context) -> Result<Option<Out>, Status> {
        Ok((!request.text.is_empty()).then(|| Out::new(request.text)))
    }

    async fn unary_nothing(&self, _: In, _: &Context) -> Result<(), Status> {
        Ok(())
    }

    async fn no_parameters(&self, _: NoParametersRequest, _: &Context) -> Result<Out, Status> {
        Ok(Out::new("none"))
    }

    async fn parameters(&self, request: ParametersRequest, _: &Context) -> Result<bool, Status> {
        let texts: Vec<_> = request.list.into_iter().map(|item| item.text).collect();
        Ok(request.number == 7 && request.maybe.is_none() && texts == [request.text])
    }

    async fn many(&self, request: ManyRequest, _: &Context) -> Result<(), Status> {
        let ManyRequest { a, b, c, d, e, f, g } = request;
        let text = [a, b, c, d, e, f].map(|number| number.to_string()).join(" ");
        if text == g {
            Ok(())
        } else {
            Err(Status::data_loss(text))
        }
    }

    async fn server_stream(
        &self,
        request: In,
        _: &Context,
    ) -> Result<impl Stream<Item = Result<Out, Status>> + Send, Status> {
        let letters: Vec<_> = request.text.chars().map(|letter| Ok(Out::new(letter))).collect();
        Ok(stream::iter(letters))
    }

    async fn server_stream_value(
        &self,
        request: ServerStreamValueRequest,
        _: &Context,
    ) -> Result<impl Stream<Item = Result<i32, Status>> + Send, Status> {
        Ok(stream::iter((request.from..request.to).map(Ok)))
    }

    async fn client_stream(&self, mut requests: Streaming<In>, _: &Context) -> Result<Out, Status> {
        let mut text = String::new();
        while let Some(request) = requests.message().await? {
            text.push_str(&request.text);
        }
        Ok(Out::new(text))
    }

    async fn client_stream_value(&self, mut requests: Streaming<String>, _: &Context) -> Result<u64, Status> {
        let mut bytes = 0;
        while let Some(request) = requests.message().await? {
            bytes += request.len() as u64;
        }
        Ok(bytes)
    }

    async fn client_stream_nothing(&self, mut requests: Streaming<In>, _: &Context) -> Result<(), Status> {
        while requests.message().await?.is_some() {}
        Ok(())
    }

    async fn bidi(
        &self,
        requests: Streaming<In>,
        _: &Context,
    ) -> Result<impl Stream<Item = Result<Out, Status>> + Send, Status> {
        Ok(requests.map(|request| Ok(Out::new(request?.text))))
    }

    async fn bidi_value(
        &self,
        requests: Streaming<Vec<u8>>,
        _: &Context,
    ) -> Result<impl Stream<Item = Result<Vec<u8>, Status>> + Send, Status> {
        Ok(requests)
    }

    async fn bidi_mixed(
        &self,
        requests: Streaming<In>,
        _: &Context,
    ) -> Result<impl Stream<Item = Result<BigDecimal, Status>> + Send, Status> {
        Ok(requests.map(|request| {
            let text = request?.text;
            text.parse()
                .map_err(|_| Status::invalid_argument(format!("no number: {text}")))
        }))
    }
}
