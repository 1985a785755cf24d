//! `aster enroll node`: signs what lets a node into the mesh, without ever seeing its key.

use crate::failure::Failure;
use crate::operator::profiles::Home;
use crate::operator::root_keys::{self, KeyPlace};
use crate::operator::{atomic, identity_files};
use crate::output::Output;
use aster_runtime::PeerId;
use aster_runtime::trust::{Claims, Credential, MAX_BEARER, Nonce, Validity};
use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use serde_json::json;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// How long a credential counts where nothing else is said.
const MONTH: Duration = Duration::from_secs(30 * 24 * 60 * 60);

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Sign a credential for a node, and print it: `aster node add -` takes it in on the node
    Node(Box<Node>),
}

#[derive(Args)]
struct Node {
    /// The node, as its `aster node init` printed it. Without it a whole identity is made, key and all, for which `--out` is needed
    #[arg(long, value_name = "ID", value_parser = peer)]
    endpoint_id: Option<PeerId>,
    /// What it may be: a consumer calls, a producer serves
    #[arg(long)]
    role: Role,
    /// A name for people
    #[arg(long)]
    name: String,
    /// The roles that services require, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "ROLES")]
    roles: Vec<String>,
    /// An attribute that handlers see; may be given several times
    #[arg(long, value_name = "KEY=VALUE", value_parser = super::call::entry)]
    attr: Vec<(String, String)>,
    /// How long it counts, such as `30d` or `12h` [default: 30d; 24h for a bearer]
    #[arg(long, value_name = "TIME", value_parser = long_time)]
    expires: Option<Duration>,
    /// An invitation: the first that shows it to the audience comes in, and nobody else
    #[arg(long, requires = "audience", conflicts_with = "bearer")]
    one_time: bool,
    /// The node that it is to be shown to, and no other
    #[arg(long, value_name = "ID", value_parser = peer)]
    audience: Option<PeerId>,
    /// For whoever has it, for 24 hours at most: who steals it comes in as well
    #[arg(long, conflicts_with = "endpoint_id")]
    bearer: bool,
    /// The profile [default: the active one]
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Write to this file, which only its owner can read, instead of printing
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    place: KeyPlace,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Role {
    Consumer,
    Producer,
}

/// The 64 hexadecimal digits of an endpoint id.
pub(crate) fn peer(text: &str) -> Result<PeerId, String> {
    use aster_runtime::PeerAddress as _;
    let id = text.to_endpoint_addr().ok().filter(|_| text.len() == 64);
    id.map(|address| PeerId(*address.id.as_bytes()))
        .ok_or_else(|| "an endpoint id has 64 hexadecimal digits".to_owned())
}

/// A time with days, which people give credentials.
fn long_time(text: &str) -> Result<Duration, String> {
    let day = 24 * 60 * 60;
    for (unit, seconds) in [("d", day), ("w", 7 * day)] {
        if let Some(number) = text
            .strip_suffix(unit)
            .and_then(|number| number.parse::<u32>().ok())
            && number > 0
        {
            return Ok(Duration::from_secs(u64::from(number) * seconds));
        }
    }
    super::call::duration(text)
        .map_err(|_| "a time above zero with its unit, such as `30d`, `12h` or `1w`".to_owned())
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let Command::Node(node) = &arguments.command;
    let anybody = node.one_time || node.bearer;
    if node.role == Role::Producer && anybody {
        return Err(Failure::Usage(
            "a producer is one node: `--one-time` and `--bearer` are for consumers".to_owned(),
        ));
    }
    let makes_identity = node.endpoint_id.is_none() && !anybody;
    let out = match &node.out {
        None if makes_identity => {
            return Err(Failure::Usage(
                "without `--endpoint-id` a whole identity is made, and its key is not printed: name a file with `--out FILE`, or make the \
                 key on the node with `aster node init` and enrol the id that it prints"
                    .to_owned(),
            ));
        }
        out => out,
    };
    let profile = Home::find()?.profiles()?.choose(node.profile.as_deref())?;
    let Some(public) = profile.root else {
        return Err(Failure::Local(format!(
            "the profile `{}` has no root key yet: make it with `aster keygen root`",
            profile.name
        )));
    };
    let root = root_keys::load(&profile.name, &public, &node.place, output)?;
    let identity = makes_identity.then(identity_files::new).transpose()?;
    let subject = node.endpoint_id.or(identity.as_ref().map(|(_, id)| *id));
    let credential = claims(node, subject)?
        .sign(&root)
        .map_err(|error| Failure::Usage(format!("no node would take this credential: {error}")))?;
    if node.bearer {
        output.note(&format!(
            "warning: whoever has this credential comes in, until {}",
            date(credential.validity().expires_at)
        ));
    }
    let text = match &identity {
        Some((text, _)) => identity_files::with(text, &credential)?,
        None => zeroize::Zeroizing::new(credential.to_json() + "\n"),
    };
    let Some(path) = out else {
        return output.text(&text);
    };
    let failed = |error| Failure::Local(format!("cannot write {}: {error}", path.display()));
    atomic::create(path, text.as_bytes()).map_err(failed)?;
    say(&credential, path, output)
}

fn claims(node: &Node, subject: Option<PeerId>) -> Result<Claims, Failure> {
    let expires = node
        .expires
        .unwrap_or(if node.bearer { MAX_BEARER } else { MONTH });
    let validity = Validity::lasting(SystemTime::now(), expires);
    let mut claims = match (node.role, subject, node.audience) {
        (Role::Consumer, subject, Some(audience)) if node.one_time => {
            let mut nonce = [0; 32];
            getrandom::fill(&mut nonce)
                .map_err(|error| Failure::Local(format!("the system gives no random bytes: {error}")))?;
            let claims = Claims::one_time(audience, Nonce(nonce), validity);
            match subject {
                Some(subject) => claims.subject(subject),
                None => claims,
            }
        }
        (Role::Consumer, Some(subject), _) => Claims::consumer(subject, validity),
        (Role::Consumer, None, _) => Claims::bearer(validity),
        (Role::Producer, Some(subject), _) => Claims::producer(subject, validity),
        (Role::Producer, None, _) => return Err(Failure::Usage("a producer is one node".to_owned())),
    };
    if let Some(audience) = node.audience {
        claims = claims.audience(audience);
    }
    for (key, value) in &node.attr {
        if key.starts_with("aster.") {
            return Err(Failure::Usage(format!(
                "`{key}` is reserved: use `--roles` and `--name`, and a key of your own for the rest"
            )));
        }
        claims = claims.attribute(key, value);
    }
    Ok(claims
        .roles(node.roles.iter().map(String::as_str))
        .name(&node.name))
}

fn say(credential: &Credential, path: &std::path::Path, output: &Output) -> Result<(), Failure> {
    let expires = credential.validity().expires_at;
    if output.json {
        let subject = credential.subject().map(|subject| subject.to_string());
        let path = path.display().to_string();
        let said = json!({ "file": path, "endpoint_id": subject, "expires_at": expires });
        return output.line(&said.to_string());
    }
    output.line(&format!("{}, until {}", path.display(), date(expires)))
}

/// A second of the Unix epoch for people.
pub(crate) fn date(seconds: u64) -> String {
    let moment = i64::try_from(seconds)
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds).ok());
    moment.map_or_else(|| seconds.to_string(), |moment| moment.to_string())
}
