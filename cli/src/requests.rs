//! The requests of a call: arguments, or standard input. Text goes in, one text for each message comes out.

use crate::failure::Failure;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use std::io::{self, IsTerminal as _};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::sync::oneshot;

/// Where the requests come from.
pub(crate) enum Requests<'a> {
    Arguments(&'a [String]),
    /// One on each line, or one text of several lines where the method takes one.
    Stdin,
}

impl<'a> Requests<'a> {
    pub(crate) fn of(arguments: &'a [String]) -> Result<Self, Failure> {
        match arguments {
            [only] if only == "-" => Ok(Self::Stdin),
            all if all.iter().any(|text| text == "-") => Err(Failure::Usage(
                "`-` takes all requests from standard input: there is no other beside it".to_owned(),
            )),
            all => Ok(Self::Arguments(all)),
        }
    }

    /// Whether they come from a terminal.
    pub(crate) fn are_typed(&self) -> bool {
        matches!(self, Self::Stdin) && io::stdin().is_terminal()
    }

    /// The one request of a method that takes one; without any, the empty object.
    pub(crate) async fn one(&self, method: &str) -> Result<String, Failure> {
        match self {
            Self::Arguments([]) => Ok("{}".to_owned()),
            Self::Arguments([only]) => Ok(only.clone()),
            Self::Arguments(many) => Err(Failure::Usage(format!(
                "`{method}` takes one request, there are {}",
                many.len()
            ))),
            Self::Stdin => {
                let mut text = String::new();
                let read = tokio::io::stdin().read_to_string(&mut text).await;
                read.map_err(Failure::Input)?;
                Ok(text)
            }
        }
    }

    /// All requests of a method that takes a stream of them. If standard input fails the stream does not end, so that nobody
    /// takes the requests for complete; what failed comes on the other end.
    pub(crate) fn many(&self) -> (BoxStream<'static, String>, oneshot::Receiver<io::Error>) {
        let (failed, failure) = oneshot::channel();
        let requests = match self {
            Self::Arguments(texts) => stream::iter(texts.to_vec()).boxed(),
            Self::Stdin => stream::unfold((lines(), failed), |(mut lines, failed)| async move {
                loop {
                    match lines.next_line().await {
                        Ok(Some(line)) if line.trim().is_empty() => {}
                        Ok(Some(line)) => return Some((line, (lines, failed))),
                        Ok(None) => return None,
                        Err(error) => {
                            let _ = failed.send(error);
                            return std::future::pending().await;
                        }
                    }
                }
            })
            .boxed(),
        };
        (requests, failure)
    }
}

fn lines() -> tokio::io::Lines<BufReader<tokio::io::Stdin>> {
    BufReader::new(tokio::io::stdin()).lines()
}
