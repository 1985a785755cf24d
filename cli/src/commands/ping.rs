//! `aster ping`: measures the way to a peer, and a call of it.

use crate::Common;
use crate::dial;
use crate::failure::Failure;
use crate::output::Output;
use aster_runtime::aster_node::NodeClient;
use aster_runtime::node::PathStats;
use aster_runtime::{Client, Status};
use clap::Args;
use serde_json::json;
use std::time::{Duration, Instant};

#[derive(Args)]
pub(crate) struct Ping {
    #[command(flatten)]
    peer: dial::Peer,
    /// How often
    #[arg(short, long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,
    /// The time from one to the next
    #[arg(short, long, value_name = "TIME", default_value = "1s", value_parser = super::call::duration)]
    interval: Duration,
}

pub(crate) async fn run(arguments: &Ping, common: &Common, output: &Output) -> Result<(), Failure> {
    dial::with(&arguments.peer, common, output, async |client| {
        let node = NodeClient::new(client).map_err(|error| Failure::Status(Status::from(error)))?;
        let mut times = Vec::new();
        let mut interval = tokio::time::interval(arguments.interval);
        for sequence in 1..=arguments.count {
            interval.tick().await;
            let began = Instant::now();
            let waiting = output.waiting("waiting for an answer");
            node.health("").await?;
            let call = began.elapsed();
            drop(waiting);
            times.push(call);
            output.line(&line(sequence, client, call, output.json))?;
        }
        let Some((least, most)) = times.iter().min().zip(times.iter().max()) else {
            return Ok(());
        };
        if output.json {
            return Ok(());
        }
        let mean = times.iter().sum::<Duration>() / arguments.count;
        output.line(&format!(
            "{} calls: shortest {}, mean {}, longest {}",
            times.len(),
            milliseconds(*least),
            milliseconds(mean),
            milliseconds(*most)
        ))
    })
    .await
}

/// The path in use of the client's connection.
fn path(client: &Client) -> Option<PathStats> {
    let connections = client.node().stats().connections;
    let to_peer = connections
        .into_iter()
        .filter(|connection| connection.peer == client.peer() && connection.protocol == "aster/1");
    let mut paths = to_peer.flat_map(|connection| connection.paths);
    paths.find(|path| path.selected)
}

fn line(sequence: u32, client: &Client, call: Duration, as_json: bool) -> String {
    let path = path(client);
    if as_json {
        let number = |time: Duration| time.as_secs_f64() * 1000.0;
        return json!({
            "sequence": sequence,
            "call_ms": number(call),
            "path": path.as_ref().map(|path| if path.relayed { "relayed" } else { "direct" }),
            "address": path.as_ref().map(|path| &path.address),
            "round_trip_ms": path.as_ref().map(|path| number(path.round_trip)),
        })
        .to_string();
    }
    let way = match path {
        Some(path) => format!(
            "{} {}, round trip {}",
            if path.relayed { "relayed by" } else { "direct to" },
            path.address,
            milliseconds(path.round_trip)
        ),
        None => "no path is known".to_owned(),
    };
    format!("{sequence}: call {}; {way}", milliseconds(call))
}

fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}
