//! One call at the server: a stream goes in, the handler runs, a status comes out.

use crate::alpn::stream;
use crate::budget::PeerBudget;
use crate::call::Violation;
use crate::context::{Answer, Call, Context};
use crate::frame::{self, Flags};
use crate::header::{Form, StreamHeader};
use crate::interceptor::{Chain, Watched};
use crate::node::Shared;
use crate::node::io::{self, FrameReader};
use crate::server::dispatch::{self, Table, Target};
use crate::server::requests::{Failure, RequestMessages, RequestReader, Verdict};
use crate::server::run::{self, Ending};
use crate::server::sessions::{self, Sessions};
use crate::service::{Reply, Requests, ServerCall};
use crate::status::{Code, Status};
use crate::trace::{self, End};
use crate::trust::PeerId;
use aster_contract::model::Pattern;
use bytes::Bytes;
use iroh::endpoint::{RecvStream, SendStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout_at};

/// The longest deadline; a longer one is cut.
const MAX_DEADLINE: Duration = Duration::from_secs(24 * 3600);

/// What the peer has at least to take the end of a call.
const LAST_MOMENT: Duration = Duration::from_secs(1);

/// What all calls of one connection share.
pub(crate) struct Peer {
    pub(crate) id: PeerId,
    pub(crate) shared: Arc<Shared>,
    pub(crate) table: Arc<Table>,
    pub(crate) budget: Arc<PeerBudget>,
    pub(crate) interceptors: Chain,
    pub(crate) sessions: Arc<Sessions>,
}

/// What a header asks for.
enum Prepared<'a> {
    Call(Target<'a>, Arc<Call>),
    /// The end of a session, by a deadline.
    Close(u64, Instant),
}

/// Serves one stream to its end. Whatever the peer sends, only this stream suffers.
pub(crate) async fn serve(peer: Arc<Peer>, mut send: SendStream, receive: RecvStream) {
    let limit = peer.shared.limits.frame;
    let reader = FrameReader::new(receive, limit, Arc::clone(&peer.budget));
    let mut requests = RequestReader::new(reader, limit);
    let prepared = prepare(&peer, &mut requests).await;
    let (target, call) = match prepared {
        Ok(Prepared::Call(target, call)) => (target, call),
        Ok(Prepared::Close(id, until)) => {
            return Box::pin(close(&peer, id, until, requests.form(), &mut send)).await;
        }
        Err(failure) => return Box::pin(refuse(&peer, failure, &mut send, &mut requests)).await,
    };
    let request = match target.method().pattern {
        Pattern::Unary | Pattern::ServerStream => match request(&peer, &call, &mut requests).await {
            Ok(request) => Some(request),
            Err(failure) => return Box::pin(refuse(&peer, failure, &mut send, &mut requests)).await,
        },
        Pattern::ClientStream | Pattern::BidiStream => None,
    };
    let Some(_slot) = peer.budget.call() else {
        let status = Status::resource_exhausted("too many calls run at once");
        return Box::pin(refuse(&peer, Failure::Status(status), &mut send, &mut requests)).await;
    };
    let running = match call.session {
        0 => None,
        id => match peer.sessions.enter(id, &call) {
            Ok(running) => Some(running),
            Err(status) => {
                return Box::pin(refuse(&peer, Failure::Status(status), &mut send, &mut requests)).await;
            }
        },
    };
    let (incoming, reader, verdict) = match request {
        Some(request) => (Requests::One(request), Some(requests), None),
        None => {
            let verdict: Verdict = Arc::default();
            let messages = RequestMessages::new(requests, Arc::clone(&verdict));
            (Requests::Many(Box::new(messages)), None, Some(verdict))
        }
    };
    let server_call = ServerCall::new(Context::new(Arc::clone(&call)), incoming, target.shrinks());
    let watched = peer.interceptors.watch(&call);
    let handler = run::guard(&target, running, server_call).map(|handler| match &watched {
        Some(watched) => watched.around(handler),
        None => handler,
    });
    let until = until(&peer, &call);
    let (ending, rest) = run::run(handler, &mut send, &call, verdict.as_ref(), until).await;
    call.end();
    let violated = verdict.and_then(|verdict| verdict.lock().unwrap_or_else(PoisonError::into_inner).take());
    let outcome = match (violated, ending) {
        (Some(failure), _) => {
            let status = Box::pin(refuse_streaming(&peer, failure, call.form, rest, &mut send)).await;
            return ended(watched, &call, status.as_ref());
        }
        (None, Ending::Gone) => {
            io::reset(&mut send, stream::CANCELLED);
            return ended(watched, &call, None);
        }
        (None, Ending::Late) => Err(Status::deadline_exceeded("the deadline passed at the server")),
        (None, Ending::Panicked(reference)) => {
            peer.shared.counters.panics.add();
            Err(Status::internal(format!(
                "the handler failed, reference {reference}"
            )))
        }
        (None, Ending::Finished(result)) => result,
    };
    let status = finish(&peer, &target, &call, outcome, rest, &mut send).await;
    ended(watched, &call, Some(&status));
    // the end of the request side was watched for as long as the call ran
    drop(reader);
}

/// Tells those who watch the call how it ended; without a status its caller gave up.
fn ended(watched: Option<Box<Watched>>, call: &Call, status: Option<&Status>) {
    let code = status.map_or(Code::CANCELLED, Status::code);
    trace::ended(&call.span, code, End::Server);
    if let (Some(watched), Some(status)) = (watched, status) {
        watched.ended(status);
    }
}

/// Bounds a future that is mostly ready at once: only if it is not, the clock is read and a timer is made.
async fn within<F: Future>(until: impl FnOnce() -> Instant, future: F) -> Result<F::Output, Elapsed> {
    let mut future = std::pin::pin!(future);
    match std::future::poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await {
        Poll::Ready(output) => Ok(output),
        // boxed: a call that need not wait carries no room for a timer
        Poll::Pending => Box::pin(timeout_at(until(), future)).await,
    }
}

/// Reads and checks the header: the method, the gates, the deadline.
async fn prepare<'a>(peer: &'a Peer, requests: &mut RequestReader) -> Result<Prepared<'a>, Failure> {
    let limits = &peer.shared.limits;
    let payload = match within(|| Instant::now() + limits.header_time, requests.header()).await {
        Ok(header) => header?,
        Err(_) => {
            peer.shared.counters.slow.add();
            return Err(Failure::Status(Status::deadline_exceeded(
                "the header did not arrive in time",
            )));
        }
    };
    let form = requests.form();
    let header =
        StreamHeader::decode(&payload).map_err(|error| match dispatch::bad_header(&error, form) {
            Some(status) => Failure::Status(status),
            None => {
                tracing::debug!(peer = %peer.id, %error, "a header cannot be read");
                Failure::Protocol(Violation::MalformedHeader)
            }
        })?;
    let arrival = Instant::now();
    let left = Duration::from_millis(header.deadline_ms).min(MAX_DEADLINE);
    let deadline = (header.deadline_ms > 0).then(|| arrival + left);
    let Some(admitted) = peer.shared.gate.admitted(&peer.id) else {
        return Err(Failure::Status(Status::unauthenticated(
            "the admission of this peer expired or was revoked; the call was not begun",
        )));
    };
    if header.method == sessions::CLOSE {
        let most = arrival + limits.unary_time;
        let until = deadline.map_or(most, |deadline| deadline.min(most));
        return Ok(Prepared::Close(header.session, until));
    }
    let target = peer.table.resolve(&header, form).map_err(Failure::Status)?;
    let method = target.method();
    requests.expect(method.pattern)?;
    if let Err(status) = dispatch::permit(target, &admitted) {
        peer.shared.counters.permission_denied.add();
        return Err(Failure::Status(status));
    }
    if header.session != 0 {
        peer.sessions.check(header.session).map_err(Failure::Status)?;
    }
    let call = Call {
        peer: peer.id,
        admitted,
        service: target.served.info,
        method,
        id: header.call_id,
        session: header.session,
        arrival,
        deadline,
        span: trace::server_span(peer.id, target.served.info.name, method.name, &header.metadata),
        metadata: header.metadata.into_owned(),
        frame_limit: limits.frame,
        form,
        json: target.json(),
        answer: Mutex::new(Answer::default()),
    };
    Ok(Prepared::Call(target, Arc::new(call)))
}

/// Answers `_close` when the session has ended: its header is all there is to say, and the status all there is to answer.
async fn close(peer: &Peer, id: u64, until: Instant, form: Form, send: &mut SendStream) {
    let status = if id == 0 {
        Status::failed_precondition("the call names no session to close")
    } else {
        match timeout_at(until, peer.sessions.close(id)).await {
            Ok(()) => Status::ok(""),
            Err(_) => {
                Status::deadline_exceeded(format!("session {id} takes no more calls, but one still runs"))
            }
        }
    };
    let mut out = Vec::with_capacity(128);
    trailer(&status, form, &mut out);
    write(peer, Some(until), &mut [out.into()], send).await;
}

/// The whole request of a pattern that has one.
async fn request(peer: &Peer, call: &Call, requests: &mut RequestReader) -> Result<Bytes, Failure> {
    let until = || {
        let arrival = call.arrival + peer.shared.limits.request_time;
        call.deadline.map_or(arrival, |deadline| deadline.min(arrival))
    };
    match within(until, requests.only()).await {
        Ok(request) => request,
        Err(_) => {
            peer.shared.counters.slow.add();
            Err(Failure::Status(Status::deadline_exceeded(
                "the request did not arrive in time",
            )))
        }
    }
}

/// When the handler is dropped.
fn until(peer: &Peer, call: &Call) -> Option<Instant> {
    match call.method.pattern {
        Pattern::Unary => {
            let most = call.arrival + peer.shared.limits.unary_time;
            Some(call.deadline.map_or(most, |deadline| deadline.min(most)))
        }
        _ => call.deadline,
    }
}

/// Answers a call that no handler saw.
async fn refuse(peer: &Peer, failure: Failure, send: &mut SendStream, requests: &mut RequestReader) {
    let code = if matches!(failure, Failure::Protocol(_)) {
        stream::PROTOCOL
    } else {
        stream::NOT_NEEDED
    };
    if !matches!(failure, Failure::Gone) {
        requests.stop(code);
    }
    refuse_streaming(peer, failure, requests.form(), Bytes::new(), send).await;
}

/// Answers a call whose request side is stopped, with what is returned; nothing where nobody waits for it.
async fn refuse_streaming(
    peer: &Peer,
    failure: Failure,
    form: Form,
    rest: Bytes,
    send: &mut SendStream,
) -> Option<Status> {
    let status = match failure {
        Failure::Gone => {
            io::reset(send, stream::CANCELLED);
            return None;
        }
        Failure::Status(status) => status,
        Failure::Protocol(violation) => {
            peer.shared.counters.protocol_errors.add();
            tracing::debug!(peer = %peer.id, %violation, "protocol error");
            let message = format!("protocol error: {violation}");
            match violation {
                Violation::Frame(frame::FrameError::TooLarge { .. }) => Status::resource_exhausted(message),
                _ => Status::internal(message),
            }
        }
    };
    let mut out = Vec::with_capacity(128);
    trailer(&status, form, &mut out);
    write(peer, None, &mut [rest, out.into()], send).await;
    Some(status)
}

/// Sends what the handler left, and the status, which is the answer.
async fn finish(
    peer: &Peer,
    target: &Target<'_>,
    call: &Call,
    outcome: Result<Reply, Status>,
    rest: Bytes,
    send: &mut SendStream,
) -> Status {
    let sealed = match outcome {
        Ok(Reply(None)) => Ok(Vec::new()),
        Ok(Reply(Some(open))) => {
            let shrinks = target.shrinks();
            call.seal(open, &shrinks).await
        }
        Err(status) if status.code() == Code::OK => {
            Err(Status::unknown("the handler failed with a status that says ok"))
        }
        Err(status) => Err(status),
    };
    let (answer_trailer, head) = {
        let mut answer = call.answer();
        let head = run::head(&mut answer, call.form);
        (std::mem::take(&mut answer.trailer), head)
    };
    let (mut body, status) = match sealed {
        Ok(body) => (body, Status::ok("")),
        Err(status) => (Vec::new(), status),
    };
    let status = with_trailer(status, answer_trailer);
    trailer(&status, call.form, &mut body);
    let until = until(peer, call);
    match head {
        Some(head) => write(peer, until, &mut [rest, head.into(), body.into()], send).await,
        None if rest.is_empty() => write(peer, until, &mut [body.into()], send).await,
        None => write(peer, until, &mut [rest, body.into()], send).await,
    }
    status
}

/// Adds what the handler said for the trailer. If that does not fit beside the status' own, the call fails: metadata
/// is never dropped in silence.
fn with_trailer(mut status: Status, metadata: crate::metadata::Metadata) -> Status {
    if status.metadata().is_empty() {
        return status.with_metadata(metadata);
    }
    for (key, value) in metadata.iter() {
        if let Err(error) = status.metadata_mut().insert(key, value) {
            return Status::resource_exhausted(format!("the trailer of `{status}` was not sent: {error}"));
        }
    }
    status
}

fn trailer(status: &Status, form: Form, out: &mut Vec<u8>) {
    let start = frame::open(out);
    if form == Form::Json {
        status.encode_json(out);
    } else if status.code() != Code::OK || !status.metadata().is_empty() {
        status.encode(out);
    }
    frame::close(out, start, Flags::TRAILER);
}

/// Writes the end of a call. A peer that does not read gives up its answer with its deadline.
async fn write(peer: &Peer, until: Option<Instant>, chunks: &mut [Bytes], send: &mut SendStream) {
    let mut rest = chunks;
    let writing = std::future::poll_fn(|cx| io::poll_write(send, &mut rest, cx));
    let until = || {
        let now = Instant::now();
        // a deadline that has just passed leaves the peer a moment to take the status
        until
            .unwrap_or_else(|| now + peer.shared.limits.unary_time)
            .max(now + LAST_MOMENT)
    };
    match within(until, writing).await {
        // a stream that the peer has stopped is finished as well
        Ok(Ok(())) => drop(send.finish()),
        Ok(Err(_)) => {}
        Err(_) => io::reset(send, stream::CANCELLED),
    }
}

/// The response header as a frame, if there is one to send.
pub(crate) fn encode_head(metadata: &crate::metadata::Metadata, form: Form) -> Vec<u8> {
    let mut out = Vec::with_capacity(64);
    let start = frame::open(&mut out);
    form.encode_response(metadata, &mut out);
    frame::close(&mut out, start, Flags::HEADER);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each call moves its future into a task: room that only rare calls need is boxed.
    #[test]
    fn the_future_of_a_call_is_small() {
        fn size<A, B, C, F: Future>(_: impl Fn(A, B, C) -> F) -> usize {
            size_of::<F>()
        }
        let size = size(serve);
        assert!(size <= 1280, "{size} bytes");
    }
}
