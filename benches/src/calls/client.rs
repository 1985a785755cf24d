//! The client of both contenders: does one row's work until its time is over, and counts.

use crate::calls::bare::{self, Frames, Pattern};
use crate::calls::case::{Case, SMALL};
use crate::calls::payload::Messages;
use crate::calls::service::{self, Amount, Data, Text};
use anyhow::{Context as _, ensure};
use aster_runtime::codegen::v1;
use bytes::Bytes;
use futures_util::stream;
use iroh::endpoint::{Connection, SendStream};
use std::collections::VecDeque;
use std::time::Instant;

const PAYLOAD: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// The connection to a contender.
#[derive(Clone, Debug)]
pub enum Target {
    Aster(v1::Stub),
    Iroh {
        /// For echoes of one stream each.
        echo: Connection,
        /// For streams of messages.
        streams: Connection,
    },
}

/// What was done: all of it was checked.
#[derive(Debug, Default)]
pub struct Done {
    /// Calls, or messages of a call that streams.
    pub count: u64,
    /// The nanoseconds of each, where each was answered.
    pub latencies: Vec<u64>,
}

/// Works until the time is over, and does something in any case.
///
/// # Errors
/// A call fails, or something is not what was sent.
pub async fn work(target: Target, case: Case, until: Instant) -> anyhow::Result<Done> {
    match case {
        Case::Unary { in_flight } => unary(target, in_flight, until).await,
        Case::ServerStream { count, size } | Case::ClientStream { count, size } => {
            let messages = Messages::new(size);
            let mut done = Done::default();
            while done.count == 0 || Instant::now() < until {
                match case {
                    Case::ServerStream { .. } => read(&target, count, &messages).await?,
                    _ => send(&target, count, &messages).await?,
                }
                done.count += count;
            }
            Ok(done)
        }
        Case::Bidi { in_flight } => exchange(&target, in_flight, until).await,
    }
}

async fn unary(target: Target, in_flight: usize, until: Instant) -> anyhow::Result<Done> {
    let workers = (0..in_flight).map(|_| tokio::spawn(echoes(target.clone(), until)));
    let workers: Vec<_> = workers.collect();
    let mut done = Done::default();
    for worker in workers {
        done.latencies.append(&mut worker.await??);
    }
    done.count = done.latencies.len() as u64;
    Ok(done)
}

/// Calls one after the other; the nanoseconds of each.
async fn echoes(target: Target, until: Instant) -> anyhow::Result<Vec<u64>> {
    let request = Text(PAYLOAD.to_owned());
    let mut latencies = Vec::new();
    let mut now = Instant::now();
    while now < until || latencies.is_empty() {
        match &target {
            Target::Aster(stub) => {
                let call = stub.unary(service::ECHO, request.clone(), |reply: Text| reply);
                ensure!(call.await? == request, "an echo is what was said");
            }
            Target::Iroh { echo, .. } => {
                let (mut send, mut receive) = echo.open_bi().await?;
                send.write_chunk(Bytes::copy_from_slice(request.0.as_bytes()))
                    .await?;
                send.finish()?;
                let mut length = 0;
                while let Some(chunk) = receive.read_chunk(64 * 1024).await? {
                    length += chunk.len();
                }
                ensure!(length == PAYLOAD.len(), "an echo is what was said");
            }
        }
        let after = Instant::now();
        latencies.push(nanos(now, after)?);
        now = after;
    }
    Ok(latencies)
}

/// One call whose responses stream.
async fn read(target: &Target, count: u64, messages: &Messages) -> anyhow::Result<()> {
    let asked = Amount {
        count,
        bytes: messages.size(),
    };
    let mut seen = 0;
    match target {
        Target::Aster(stub) => {
            let call = stub.server_stream(service::SERVER_STREAM, asked, |message: Data| message);
            let mut responses = call.await?;
            while let Some(Data(message)) = responses.message().await? {
                messages.check(seen, &message)?;
                seen += 1;
            }
        }
        Target::Iroh { streams, .. } => {
            let (mut send, mut frames) = bare::call(streams, Pattern::Server, asked).await?;
            send.finish()?;
            while let Some(message) = frames.next().await? {
                messages.check(seen, message)?;
                seen += 1;
            }
        }
    }
    ensure!(seen == count, "of {count} messages {seen} arrived");
    Ok(())
}

/// One call whose requests stream; the server says what it got.
async fn send(target: &Target, count: u64, messages: &Messages) -> anyhow::Result<()> {
    let got = match target {
        Target::Aster(stub) => {
            let source = messages.clone();
            let requests = stream::iter((0..count).map(move |number| Data(source.message(number))));
            let (request, reply) = (|request| request, |reply: Amount| reply);
            stub.client_stream(service::CLIENT_STREAM, requests, request, reply)
                .await?
        }
        Target::Iroh { streams, .. } => {
            let none = Amount { count: 0, bytes: 0 };
            let (mut send, mut frames) = bare::call(streams, Pattern::Client, none).await?;
            for number in 0..count {
                bare::write(&mut send, messages, number).await?;
            }
            send.finish()?;
            bare::read_amount(frames.next().await?.context("an answer")?)?
        }
    };
    let sent = Amount {
        count,
        bytes: count * messages.size(),
    };
    ensure!(got == sent, "of {sent:?} the server got {got:?}");
    Ok(())
}

/// One call of which both sides stream: for each message that comes back the next is sent, until the time is over.
async fn exchange(target: &Target, in_flight: usize, until: Instant) -> anyhow::Result<Done> {
    let mut ends = Ends::open(target).await?;
    let messages = Messages::new(SMALL);
    let (mut sent, mut done) = (0, Done::default());
    let mut times = VecDeque::with_capacity(in_flight);
    while sent < in_flight as u64 {
        ends.send(&messages, sent).await?;
        times.push_back(Instant::now());
        sent += 1;
    }
    while let Some(time) = times.pop_front() {
        ends.receive(&messages, done.count).await?;
        done.count += 1;
        let now = Instant::now();
        done.latencies.push(nanos(time, now)?);
        if now < until {
            ends.send(&messages, sent).await?;
            times.push_back(now);
            sent += 1;
        }
    }
    ends.close().await?;
    ensure!(sent == done.count, "of {sent} messages {} came back", done.count);
    Ok(done)
}

/// Both ends of a call.
enum Ends {
    Aster(v1::Sender<Data>, v1::Streaming<Data>),
    Iroh(SendStream, Frames),
}

impl Ends {
    async fn open(target: &Target) -> anyhow::Result<Self> {
        Ok(match target {
            Target::Aster(stub) => {
                let (request, response) = (|request| request, |response: Data| response);
                let (sender, responses) = stub.bidi_stream(service::BIDI, request, response).await?;
                Self::Aster(sender, responses)
            }
            Target::Iroh { streams, .. } => {
                let none = Amount { count: 0, bytes: 0 };
                let (send, frames) = bare::call(streams, Pattern::Both, none).await?;
                Self::Iroh(send, frames)
            }
        })
    }

    async fn send(&mut self, messages: &Messages, number: u64) -> anyhow::Result<()> {
        match self {
            Self::Aster(sender, _) => Ok(sender.send(Data(messages.message(number))).await?),
            Self::Iroh(send, _) => bare::write(send, messages, number).await,
        }
    }

    async fn receive(&mut self, messages: &Messages, number: u64) -> anyhow::Result<()> {
        match self {
            Self::Aster(_, responses) => {
                let Data(message) = responses.message().await?.context("a message")?;
                messages.check(number, &message)
            }
            Self::Iroh(_, frames) => {
                let message = frames.next().await?.context("a message")?;
                messages.check(number, message)
            }
        }
    }

    /// Ends the requests; then the responses have ended, too.
    async fn close(self) -> anyhow::Result<()> {
        let more = match self {
            Self::Aster(sender, mut responses) => {
                sender.finish();
                responses.message().await?.is_some()
            }
            Self::Iroh(mut send, mut frames) => {
                send.finish()?;
                frames.next().await?.is_some()
            }
        };
        ensure!(!more, "a message came back twice");
        Ok(())
    }
}

fn nanos(from: Instant, to: Instant) -> anyhow::Result<u64> {
    Ok(u64::try_from((to - from).as_nanos())?)
}
