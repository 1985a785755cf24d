//! One side of a comparison: its server process, its connection, and what a round of it costs.

use crate::calls::bare;
use crate::calls::case::{Case, Place};
use crate::calls::client::{self, Target};
use crate::calls::server;
use crate::calls::service::BENCH;
use anyhow::{Context as _, ensure};
use aster_runtime::codegen::v1;
use aster_runtime::{Client, Node};
use iroh::{Endpoint, EndpointAddr, TransportAddr};
use std::process::Child;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

/// The client's ends of both contenders at one place.
#[derive(Debug)]
pub struct Ends {
    pub place: Place,
    handle: Handle,
    node: Node,
    bare: Endpoint,
}

/// A server in a process of its own, and the connection to it.
#[derive(Debug)]
pub struct Contender {
    pub name: &'static str,
    pub place: Place,
    /// The runtime that works for it here.
    handle: Handle,
    server: Child,
    target: Target,
}

/// What one round of one row was like.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Microseconds from a message to its answer; not a number where messages have no answers.
    pub p50: f64,
    pub p99: f64,
    /// Calls, or messages, in a second.
    pub rate: f64,
    /// Microseconds of CPU for each, of all threads.
    pub client: f64,
    pub server: f64,
}

impl Ends {
    /// Begins on that runtime.
    ///
    /// # Errors
    /// A node or an endpoint cannot be started.
    pub async fn new(place: Place, handle: Handle) -> anyhow::Result<Self> {
        let making = handle.spawn(async move {
            let node = server::node(place).await?;
            anyhow::Ok((node, bare::endpoint(Vec::new()).await?))
        });
        let (node, bare) = making.await??;
        Ok(Self {
            place,
            handle,
            node,
            bare,
        })
    }

    /// Starts the server of a contender and connects to it.
    ///
    /// # Errors
    /// It does not start, or cannot be reached.
    pub async fn contender(&self, name: &'static str) -> anyhow::Result<Contender> {
        let (server, line) = server::start(name, self.place)?;
        let (node, bare) = (self.node.clone(), self.bare.clone());
        let connecting = self.handle.spawn(async move {
            if name == "aster" {
                let client = Client::connect(&node, line.as_str()).await?;
                return anyhow::Ok(Target::Aster(v1::Stub::new(&client, &BENCH)?));
            }
            let (id, port) = line.split_once(' ').context("an id and a port")?;
            let address = TransportAddr::Ip(([127, 0, 0, 1], port.parse()?).into());
            let address = EndpointAddr::from_parts(id.parse()?, [address]);
            Ok(Target::Iroh {
                echo: bare.connect(address.clone(), bare::ECHO).await?,
                streams: bare.connect(address, bare::STREAMS).await?,
            })
        });
        Ok(Contender {
            name,
            place: self.place,
            handle: self.handle.clone(),
            server,
            target: connecting.await??,
        })
    }

    /// Closes both.
    pub async fn close(self) {
        self.node.close().await;
        self.bare.close().await;
    }
}

impl Contender {
    /// Works for about `time`.
    ///
    /// # Errors
    /// A call fails, or something is not what was sent.
    pub async fn round(&self, case: Case, time: Duration) -> anyhow::Result<Sample> {
        let (own, server) = (std::process::id(), self.server.id());
        let (client_before, server_before) = (cpu(own)?, cpu(server)?);
        let begin = Instant::now();
        let work = client::work(self.target.clone(), case, begin + time);
        let mut done = self.handle.spawn(work).await??;
        let elapsed = begin.elapsed();
        ensure!(done.count > 0, "nothing was done");
        let count = done.count as f64;
        done.latencies.sort_unstable();
        let at = |share: f64| {
            let index = (done.latencies.len() as f64 * share) as usize;
            let latency = done.latencies.get(index).or(done.latencies.last());
            latency.map_or(f64::NAN, |latency| *latency as f64 / 1e3)
        };
        Ok(Sample {
            p50: at(0.5),
            p99: at(0.99),
            rate: count / elapsed.as_secs_f64(),
            client: (cpu(own)? - client_before) / 1e3 / count,
            server: (cpu(server)? - server_before) / 1e3 / count,
        })
    }

    /// Ends its server.
    ///
    /// # Errors
    /// The system does not let it.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        self.server.kill()?;
        self.server.wait()?;
        Ok(())
    }
}

impl Drop for Contender {
    fn drop(&mut self) {
        // a run that fails leaves no server behind; one that was stopped is gone already
        let _ = self.stop();
    }
}

/// Nanoseconds that the threads of a process have been on a CPU.
fn cpu(process: u32) -> anyhow::Result<f64> {
    let mut sum = 0.0;
    for thread in std::fs::read_dir(format!("/proc/{process}/task"))? {
        // a thread may end meanwhile
        if let Ok(text) = std::fs::read_to_string(thread?.path().join("schedstat")) {
            sum += text
                .split_whitespace()
                .next()
                .context("a number")?
                .parse::<f64>()?;
        }
    }
    Ok(sum)
}
