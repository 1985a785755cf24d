//! The other side of the comparison: plain iroh with the transport of a node, and frames of a length and bytes.
//!
//! It writes as ours does. A server gathers what is ready, up to 64 KiB, into one write; a client writes each message.

use crate::calls::payload::{self, Messages};
use crate::calls::service::Amount;
use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use iroh::endpoint::{Connection, QuicTransportConfig, RecvStream, SendStream, VarInt, presets};
use iroh::{Endpoint, RelayMode};
use std::pin::pin;
use std::task::Poll;

/// One stream for each echo, without frames.
pub const ECHO: &[u8] = b"bench/echo";
/// One stream for each call, with frames.
pub const STREAMS: &[u8] = b"bench/streams";

/// So many bytes of frames wait at a server before it writes them.
const ROOM: usize = 64 * 1024;
const CHUNK: usize = 64 * 1024;

/// Which sides stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    Server = 1,
    Client = 2,
    Both = 3,
}

/// An endpoint with the transport of a node.
///
/// # Errors
/// The address cannot be bound.
pub async fn endpoint(alpns: Vec<Vec<u8>>) -> anyhow::Result<Endpoint> {
    let transport = QuicTransportConfig::builder()
        .max_concurrent_bidi_streams(VarInt::from_u32(1024))
        .stream_receive_window(VarInt::from_u32(1 << 20))
        .receive_window(VarInt::from_u32(8 << 20))
        .send_window(4 << 20)
        .build();
    let builder = Endpoint::builder(presets::Minimal)
        .relay_mode(RelayMode::Disabled)
        .clear_ip_transports()
        .bind_addr("127.0.0.1:0")?
        .alpns(alpns)
        .transport_config(transport);
    Ok(builder.bind().await?)
}

/// Answers connections until the endpoint is closed.
///
/// # Errors
/// A handshake fails.
pub async fn serve(endpoint: Endpoint) -> anyhow::Result<()> {
    while let Some(incoming) = endpoint.accept().await {
        let connection = incoming.await?;
        if connection.alpn() == STREAMS {
            tokio::spawn(streams(connection));
        } else {
            tokio::spawn(echo(connection));
        }
    }
    Ok(())
}

async fn echo(connection: Connection) {
    while let Ok((mut send, mut receive)) = connection.accept_bi().await {
        tokio::spawn(async move {
            while let Ok(Some(chunk)) = receive.read_chunk(CHUNK).await {
                if send.write_chunk(chunk).await.is_err() {
                    return;
                }
            }
            // a client that is gone needs no end
            let _ = send.finish();
        });
    }
}

async fn streams(connection: Connection) {
    while let Ok((send, receive)) = connection.accept_bi().await {
        // a client whose stream breaks off sees that something is missing
        tokio::spawn(answer(send, receive));
    }
}

/// Begins a call: which sides stream, and what a server that streams is asked for.
///
/// # Errors
/// The connection is lost.
pub async fn call(
    connection: &Connection,
    pattern: Pattern,
    asked: Amount,
) -> anyhow::Result<(SendStream, Frames)> {
    let (mut send, receive) = connection.open_bi().await?;
    let mut head = vec![pattern as u8];
    head.extend_from_slice(&amount(asked));
    send.write_chunk(head.into()).await?;
    Ok((send, Frames::new(receive)))
}

async fn answer(mut send: SendStream, mut receive: RecvStream) -> anyhow::Result<()> {
    let mut head = [0; 17];
    receive.read_exact(&mut head).await?;
    let asked = read_amount(&head[1..])?;
    let mut frames = Frames::new(receive);
    match head[0] {
        1 => {
            let messages = Messages::new(usize::try_from(asked.bytes)?);
            let mut out = Vec::new();
            for number in 0..asked.count {
                messages.append(number, &mut out);
                if out.len() >= ROOM {
                    send.write_chunk(std::mem::take(&mut out).into()).await?;
                }
            }
            send.write_chunk(out.into()).await?;
        }
        2 => {
            let mut seen = Amount { count: 0, bytes: 0 };
            let mut messages = None;
            while let Some(message) = frames.next().await? {
                messages
                    .get_or_insert_with(|| Messages::new(message.len()))
                    .check(seen.count, message)?;
                seen.count += 1;
                seen.bytes += message.len() as u64;
            }
            let mut out = Vec::new();
            payload::append(&amount(seen), &mut out);
            send.write_chunk(out.into()).await?;
        }
        3 => send_back(&mut send, &mut frames).await?,
        other => bail!("there is no pattern {other}"),
    }
    send.finish()?;
    Ok(())
}

/// Sends every message back; those that have arrived go out in one piece.
async fn send_back(send: &mut SendStream, frames: &mut Frames) -> anyhow::Result<()> {
    let mut out = Vec::new();
    loop {
        while let Some(message) = frames.split() {
            payload::append(message, &mut out);
        }
        let more = match at_once(frames.more()).await {
            Some(more) => more?,
            None => {
                if !out.is_empty() {
                    send.write_chunk(std::mem::take(&mut out).into()).await?;
                }
                frames.more().await?
            }
        };
        if !more {
            break;
        }
    }
    if !out.is_empty() {
        send.write_chunk(out.into()).await?;
    }
    Ok(())
}

/// What a future gives if it need not wait.
async fn at_once<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    std::future::poll_fn(|cx| {
        Poll::Ready(match future.as_mut().poll(cx) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        })
    })
    .await
}

/// The frames of one stream.
#[derive(Debug)]
pub struct Frames {
    receive: RecvStream,
    buffer: Vec<u8>,
    /// How much of the buffer has been handed out.
    done: usize,
}

impl Frames {
    fn new(receive: RecvStream) -> Self {
        Self {
            receive,
            buffer: Vec::new(),
            done: 0,
        }
    }

    /// The next message, or `None` at the end.
    ///
    /// # Errors
    /// The stream is reset, or ends inside a frame.
    pub async fn next(&mut self) -> anyhow::Result<Option<&[u8]>> {
        while self.whole().is_none() {
            if !self.more().await? {
                ensure!(self.done == self.buffer.len(), "the stream ended inside a frame");
                return Ok(None);
            }
        }
        Ok(self.split())
    }

    /// The next message, if it has arrived.
    fn split(&mut self) -> Option<&[u8]> {
        let length = self.whole()?;
        let start = self.done + 4;
        self.done = start + length;
        Some(&self.buffer[start..self.done])
    }

    /// Reads what has arrived, or waits for it. Says whether there was more.
    async fn more(&mut self) -> anyhow::Result<bool> {
        let Some(chunk) = self.receive.read_chunk(CHUNK).await? else {
            return Ok(false);
        };
        self.buffer.drain(..self.done);
        self.done = 0;
        self.buffer.extend_from_slice(&chunk);
        Ok(true)
    }

    /// The length of the next message, if all of it is here.
    fn whole(&self) -> Option<usize> {
        let rest = &self.buffer[self.done..];
        let length = u32::from_le_bytes(*rest.first_chunk()?) as usize;
        (rest.len() >= 4 + length).then_some(length)
    }
}

/// Writes one message.
///
/// # Errors
/// The connection is lost.
pub async fn write(send: &mut SendStream, messages: &Messages, number: u64) -> anyhow::Result<()> {
    let mut out = Vec::with_capacity(256);
    messages.append(number, &mut out);
    Ok(send.write_chunk(Bytes::from(out)).await?)
}

fn amount(amount: Amount) -> [u8; 16] {
    let mut out = [0; 16];
    out[..8].copy_from_slice(&amount.count.to_le_bytes());
    out[8..].copy_from_slice(&amount.bytes.to_le_bytes());
    out
}

/// Reads an amount.
///
/// # Errors
/// It has another length.
pub fn read_amount(bytes: &[u8]) -> anyhow::Result<Amount> {
    let (count, bytes) = bytes.split_first_chunk().context("an amount")?;
    Ok(Amount {
        count: u64::from_le_bytes(*count),
        bytes: u64::from_le_bytes(bytes.try_into()?),
    })
}
