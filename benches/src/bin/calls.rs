//! `cargo xtask bench calls [--json]`: unary calls beside a bare iroh echo.
//!
//! Two processes for each contender, every one on one current-thread runtime: a server, and this one as the client.
//! Both contenders have the same transport settings and open one bidirectional stream for each call. Rounds are
//! interleaved, so that what else the machine does falls on both.
#![expect(clippy::print_stdout, reason = "the result is what it prints")]

use anyhow::{Context as _, bail};
use aster_runtime::codegen::v1;
use aster_runtime::{Client, Node, Server};
use bytes::Bytes;
use iroh::endpoint::{Connection, QuicTransportConfig, VarInt, presets};
use iroh::{Endpoint, EndpointAddr, RelayMode, TransportAddr};
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PAYLOAD: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const ALPN: &[u8] = b"bench/echo";
const IN_FLIGHT: [usize; 3] = [1, 16, 64];

fn main() -> anyhow::Result<()> {
    let (mut as_json, mut rounds, mut millis) = (false, 15usize, 200);
    let mut profile = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--json" => as_json = true,
            "--rounds" => rounds = arguments.next().unwrap_or_default().parse()?,
            "--millis" => millis = arguments.next().unwrap_or_default().parse()?,
            "--profile" => profile = arguments.next(),
            "--serve" => return serve(&arguments.next().unwrap_or_default()),
            other => bail!(
                "unknown argument `{other}`; there are --json, --rounds N, --millis N and --profile CONTENDER"
            ),
        }
    }
    if rounds < 7 {
        bail!("a median needs at least 7 rounds");
    }
    let time = Duration::from_millis(millis);
    match profile {
        Some(name) => runtime()?.block_on(run_for_a_profiler(&name, time * rounds as u32)),
        None => runtime()?.block_on(compare(rounds, time, as_json)),
    }
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?)
}

// Servers.

fn serve(contender: &str) -> anyhow::Result<()> {
    runtime()?.block_on(async {
        match contender {
            "aster" => {
                let node = Node::dev().spawn().await?;
                println!("{}", node.address());
                Server::builder(&node).add(EchoServer).build()?.serve().await?;
            }
            "iroh" => {
                let endpoint = endpoint(vec![ALPN.to_vec()]).await?;
                let port = endpoint.bound_sockets().first().context("a socket")?.port();
                println!("{} {port}", endpoint.id());
                while let Some(incoming) = endpoint.accept().await {
                    let connection = incoming.await?;
                    tokio::spawn(echo(connection));
                }
            }
            other => bail!("unknown contender `{other}`"),
        }
        Ok(())
    })
}

async fn echo(connection: Connection) {
    while let Ok((mut send, mut receive)) = connection.accept_bi().await {
        tokio::spawn(async move {
            while let Ok(Some(chunk)) = receive.read_chunk(64 * 1024).await {
                if send.write_chunk(chunk).await.is_err() {
                    return;
                }
            }
            // a client that is gone needs no end
            let _ = send.finish();
        });
    }
}

/// An endpoint with the transport of a node.
async fn endpoint(alpns: Vec<Vec<u8>>) -> anyhow::Result<Endpoint> {
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

struct EchoServer;

#[derive(Clone, Debug, PartialEq)]
struct Text(String);

static TEXT: v1::TypeInfo = v1::TypeInfo::new("bench.Text", &[1, 0, 0, 0, 0, 0, 0, 0, 1]);

impl v1::Message for Text {
    const TYPE: &'static v1::TypeInfo = &TEXT;

    fn write_fields(&self, out: &mut v1::Encoder<'_>) -> v1::CodecResult<()> {
        out.string(&self.0);
        Ok(())
    }

    fn read_fields(input: &mut v1::Decoder<'_>) -> v1::CodecResult<Self> {
        Ok(Self(input.string()?))
    }
}

static ECHO: v1::ServiceInfo = v1::ServiceInfo {
    name: "bench.Echo",
    version: 1,
    contract_id: v1::ContractId([1; 32]),
    scope: v1::Scope::Shared,
    modes: &[v1::Mode::Xlang],
    requires: None,
    methods: &[v1::MethodInfo {
        name: "echo",
        pattern: v1::Pattern::Unary,
        idempotent: true,
        timeout: None,
        requires: None,
    }],
    definitions: &v1::Definitions::NONE,
};

impl v1::Service for EchoServer {
    fn info(&self) -> &'static v1::ServiceInfo {
        &ECHO
    }

    fn call(&self, method: usize, call: v1::ServerCall) -> v1::CallFuture {
        match method {
            0 => call.unary(
                |reply: Text| reply,
                move |request: Text, _| async move { Ok(request) },
            ),
            _ => call.unknown_method(),
        }
    }
}

// The client.

/// A server in a process of its own, and the connection to it.
struct Contender {
    name: &'static str,
    server: Child,
    target: Target,
    samples: Vec<Vec<Sample>>,
}

#[derive(Clone)]
enum Target {
    Aster(v1::Stub),
    Iroh(Connection),
}

/// One figure of a sample.
type Figure = fn(&Sample) -> f64;

/// One round at one number of calls in flight.
#[derive(Clone, Copy)]
struct Sample {
    p50: f64,
    p99: f64,
    /// Calls in a second.
    rate: f64,
    /// Microseconds of CPU for each call.
    client: f64,
    server: f64,
}

/// The client's ends of both contenders.
struct Ends {
    node: Node,
    bare: Endpoint,
}

impl Ends {
    async fn new() -> anyhow::Result<Self> {
        Ok(Self {
            node: Node::dev().spawn().await?,
            bare: endpoint(Vec::new()).await?,
        })
    }

    async fn contender(&self, name: &'static str) -> anyhow::Result<Contender> {
        let (server, line) = start(name)?;
        let target = match name {
            "aster" => {
                let client = Client::connect(&self.node, line.as_str()).await?;
                Target::Aster(v1::Stub::new(&client, &ECHO)?)
            }
            _ => {
                let (id, port) = line.split_once(' ').context("an id and a port")?;
                let address = TransportAddr::Ip(([127, 0, 0, 1], port.parse()?).into());
                let address = EndpointAddr::from_parts(id.parse()?, [address]);
                Target::Iroh(self.bare.connect(address, ALPN).await?)
            }
        };
        Ok(Contender {
            name,
            server,
            target,
            samples: vec![Vec::new(); IN_FLIGHT.len()],
        })
    }

    async fn close(self) {
        self.node.close().await;
        self.bare.close().await;
    }
}

/// One contender alone, with 64 calls in flight.
async fn run_for_a_profiler(name: &str, time: Duration) -> anyhow::Result<()> {
    let name = if name == "iroh" { "iroh" } else { "aster" };
    let ends = Ends::new().await?;
    let mut contender = ends.contender(name).await?;
    let sample = contender.round(64, time).await?;
    println!(
        "{name}: {:.0} calls/s, CPU client {:.2} server {:.2} us",
        sample.rate, sample.client, sample.server
    );
    contender.stop()?;
    ends.close().await;
    Ok(())
}

async fn compare(rounds: usize, time: Duration, as_json: bool) -> anyhow::Result<()> {
    let ends = Ends::new().await?;
    let mut contenders = vec![ends.contender("aster").await?, ends.contender("iroh").await?];
    for round in 0..=rounds {
        for (index, in_flight) in IN_FLIGHT.into_iter().enumerate() {
            for contender in &mut contenders {
                let sample = contender.round(in_flight, time).await?;
                // the first round warms up
                if round > 0 {
                    contender.samples[index].push(sample);
                }
            }
        }
    }
    report(&contenders, rounds, as_json)?;
    for contender in &mut contenders {
        contender.stop()?;
    }
    ends.close().await;
    Ok(())
}

fn start(contender: &str) -> anyhow::Result<(Child, String)> {
    let mut server = Command::new(std::env::current_exe()?)
        .args(["--serve", contender])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    let output = server.stdout.take().context("the server's output")?;
    BufReader::new(output).read_line(&mut line)?;
    Ok((server, line.trim().to_owned()))
}

impl Contender {
    fn stop(&mut self) -> anyhow::Result<()> {
        self.server.kill()?;
        self.server.wait()?;
        Ok(())
    }

    async fn round(&self, in_flight: usize, time: Duration) -> anyhow::Result<Sample> {
        let (own, server) = (std::process::id(), self.server.id());
        let (client_before, server_before) = (cpu(own)?, cpu(server)?);
        let begin = Instant::now();
        let workers = (0..in_flight).map(|_| tokio::spawn(work(self.target.clone(), begin + time)));
        let workers: Vec<_> = workers.collect();
        let mut latencies = Vec::new();
        for worker in workers {
            latencies.append(&mut worker.await??);
        }
        let elapsed = begin.elapsed();
        let calls = latencies.len() as f64;
        latencies.sort_unstable();
        let at = |share: f64| latencies[((calls * share) as usize).min(latencies.len() - 1)] as f64 / 1e3;
        Ok(Sample {
            p50: at(0.5),
            p99: at(0.99),
            rate: calls / elapsed.as_secs_f64(),
            client: (cpu(own)? - client_before) / 1e3 / calls,
            server: (cpu(server)? - server_before) / 1e3 / calls,
        })
    }

    fn median(&self, index: usize, member: impl Fn(&Sample) -> f64) -> f64 {
        let mut values: Vec<_> = self.samples[index].iter().map(member).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    }
}

/// Calls one after the other until the round is over; the nanoseconds of each.
async fn work(target: Target, until: Instant) -> anyhow::Result<Vec<u64>> {
    let request = Text(PAYLOAD.to_owned());
    let mut latencies = Vec::new();
    let mut now = Instant::now();
    while now < until || latencies.is_empty() {
        match &target {
            Target::Aster(stub) => {
                let reply = stub.unary(0, request.clone(), |reply: Text| reply).await?;
                anyhow::ensure!(reply == request, "an echo is what was said");
            }
            Target::Iroh(connection) => {
                let (mut send, mut receive) = connection.open_bi().await?;
                send.write_chunk(Bytes::copy_from_slice(request.0.as_bytes()))
                    .await?;
                send.finish()?;
                let mut length = 0;
                while let Some(chunk) = receive.read_chunk(64 * 1024).await? {
                    length += chunk.len();
                }
                anyhow::ensure!(length == PAYLOAD.len(), "an echo is what was said");
            }
        }
        let after = Instant::now();
        latencies.push(u64::try_from((after - now).as_nanos())?);
        now = after;
    }
    Ok(latencies)
}

/// Nanoseconds that the first thread of a process has been on a CPU: all of the work is there.
fn cpu(process: u32) -> anyhow::Result<f64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/schedstat"))?;
    Ok(text.split_whitespace().next().context("a number")?.parse()?)
}

fn report(contenders: &[Contender], rounds: usize, as_json: bool) -> anyhow::Result<()> {
    let [ours, bare] = contenders else {
        bail!("there are two contenders")
    };
    let rate: Figure = |sample| sample.rate;
    let figures: [(&str, Figure); 5] = [
        ("p50", |sample| sample.p50),
        ("p99", |sample| sample.p99),
        ("time per call", |sample| 1e6 / sample.rate),
        ("client CPU", |sample| sample.client),
        ("server CPU", |sample| sample.server),
    ];
    let mut rows = Vec::new();
    if !as_json {
        println!(
            "| µs, median of {rounds} interleaved rounds | {} | {} | ratio |",
            ours.name, bare.name
        );
        println!("|---|---:|---:|---:|");
    }
    for (index, in_flight) in IN_FLIGHT.into_iter().enumerate() {
        for (name, figure) in figures {
            let (own, other) = (ours.median(index, figure), bare.median(index, figure));
            let name = format!("{name}, {in_flight} in flight");
            if as_json {
                rows.push(json!({ "name": name, "ours": own, "peers": { bare.name: other } }));
            } else {
                println!("| {name} | {own:.1} | {other:.1} | {:.2} |", own / other);
            }
        }
        if !as_json {
            let (own, other) = (ours.median(index, rate), bare.median(index, rate));
            println!(
                "| calls/s, {in_flight} in flight | {own:.0} | {other:.0} | {:.2} |",
                own / other
            );
        }
    }
    if as_json {
        println!("{}", json!({ "bench": "calls", "unit": "us", "rows": rows }));
    }
    Ok(())
}
