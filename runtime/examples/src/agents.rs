//! What every agent does: tells how it is, takes log lines and shows them, runs commands.

use crate::control::fleet::common::{Level, Page};
use crate::control::{
    Command, CommandOutput, Control, IngestReply, LogEntry, MAX_LINES, Outcome, Report, StatusReply,
    StatusRequest, TailRequest,
};
use aster_runtime::{Context, Status, Streaming};
use futures_util::{Stream, StreamExt as _, stream};
use jiff::SignedDuration;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// The agents of the fleet, and their lines.
pub struct Agents {
    lines: Arc<Mutex<Vec<LogEntry>>>,
    /// How many lines there are: who follows them waits for more.
    count: watch::Sender<usize>,
}

impl Default for Agents {
    fn default() -> Self {
        Self {
            lines: Arc::default(),
            count: watch::Sender::new(0),
        }
    }
}

const NAMES: [&str; 2] = ["anna", "bert"];

fn known(agent: &str) -> Result<(), Status> {
    if NAMES.contains(&agent) {
        return Ok(());
    }
    Err(Status::not_found(format!(
        "there is no agent `{agent}`; there are {}",
        NAMES.join(", ")
    )))
}

impl Agents {
    fn take(&self, line: LogEntry) -> Result<(), Status> {
        known(&line.agent)?;
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push(line);
        self.count.send_replace(lines.len());
        Ok(())
    }
}

impl Control for Agents {
    async fn status(&self, request: StatusRequest, _context: &Context) -> Result<StatusReply, Status> {
        known(&request.agent)?;
        let mut reply = StatusReply::new(request.agent, vec![0.25, 0.5]);
        if request.verbose {
            let report = Report::new(3, SignedDuration::from_millis(1500));
            reply.outcome = Some(Outcome::Done(report));
        }
        Ok(reply)
    }

    async fn submit(&self, request: LogEntry, _context: &Context) -> Result<(), Status> {
        self.take(request)
    }

    async fn tail(
        &self,
        request: TailRequest,
        _context: &Context,
    ) -> Result<impl Stream<Item = Result<LogEntry, Status>> + Send, Status> {
        for agent in &request.agents {
            known(agent)?;
        }
        let Page { first, count } = request.page.unwrap_or_default();
        if count > MAX_LINES.unsigned_abs() {
            return Err(Status::invalid_argument(format!(
                "at most {MAX_LINES} lines at a time"
            )));
        }
        let follow = (Arc::clone(&self.lines), self.count.subscribe(), 0);
        // nobody holds a line back: each is sent when the caller has room for it
        let lines = stream::unfold(follow, |(lines, mut more, next)| async move {
            more.wait_for(|count| *count > next).await.ok()?;
            let line = lines
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get(next)
                .cloned()?;
            Some((line, (lines, more, next + 1)))
        });
        let TailRequest { agents, level, .. } = request;
        let wanted = move |line: &LogEntry| {
            let wanted = agents.contains(&line.agent) && rank(line.level) >= rank(level);
            std::future::ready(wanted)
        };
        Ok(lines
            .filter(wanted)
            .skip(first as usize)
            .take(count as usize)
            .map(Ok))
    }

    async fn ingest(
        &self,
        mut requests: Streaming<LogEntry>,
        _context: &Context,
    ) -> Result<IngestReply, Status> {
        let mut taken = 0;
        while let Some(line) = requests.message().await? {
            self.take(line)?;
            taken += 1;
        }
        Ok(IngestReply::new(taken))
    }

    async fn exec(
        &self,
        requests: Streaming<Command>,
        _context: &Context,
    ) -> Result<impl Stream<Item = Result<CommandOutput, Status>> + Send, Status> {
        Ok(requests.map(|command| command.map(|command| run(&command))))
    }
}

fn rank(level: Level) -> i32 {
    level.number()
}

fn run(command: &Command) -> CommandOutput {
    match command.name.as_str() {
        "echo" => CommandOutput {
            code: Some(0),
            ..CommandOutput::new(command.arguments.join(" "))
        },
        name => CommandOutput {
            code: Some(127),
            ..CommandOutput::new(format!("{name}: there is no such command"))
        },
    }
}
