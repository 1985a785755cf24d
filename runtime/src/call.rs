//! Which frames may come next: one machine for each direction of a call, per pattern.
//!
//! Source: wire protocol, "A call".

use crate::frame::{Flags, FrameError, Kind};
use aster_contract::model::Pattern;

/// What a peer did against the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// Bytes that are not a frame.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// A header that cannot be read.
    #[error("a malformed header")]
    MalformedHeader,
    /// The first frame of a request side is not a header.
    #[error("a call begins with a header")]
    NoHeader,
    /// A header that is not the first frame.
    #[error("a header that is not the first frame")]
    LateHeader,
    /// A trailer from the client.
    #[error("a trailer on the request side")]
    TrailerFromClient,
    /// A second message where the pattern has one.
    #[error("more than one message where there is one")]
    SecondMessage,
    /// The side ended without the message that the pattern asks for.
    #[error("the side ended without its message")]
    NoMessage,
    /// Bytes after the end of the side.
    #[error("a frame after the end of the stream")]
    AfterEnd,
}

/// What a frame of the expected order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The header of the side.
    Header,
    /// One message.
    Message,
    /// Only the end of the side.
    End,
    /// The status of the call.
    Trailer,
}

/// The request side of a call, as the server reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requests {
    state: Side,
    /// Whether the pattern has exactly one request.
    single: bool,
    messages: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    First,
    Open,
    /// No message may follow.
    Last,
    Done,
}

impl Default for Requests {
    fn default() -> Self {
        Self::new()
    }
}

impl Requests {
    /// A side of which nothing has arrived.
    pub fn new() -> Self {
        Self {
            state: Side::First,
            single: false,
            messages: false,
        }
    }

    /// Sets the pattern, which the header named.
    ///
    /// # Errors
    /// The header ended the side, but the pattern has a request.
    pub fn expect(&mut self, pattern: Pattern) -> Result<(), Violation> {
        self.single = matches!(pattern, Pattern::Unary | Pattern::ServerStream);
        if self.single && self.has_ended() {
            Err(Violation::NoMessage)
        } else {
            Ok(())
        }
    }

    /// Takes the next frame.
    ///
    /// # Errors
    /// [`Violation`], after which nothing of the side may be used.
    pub fn frame(&mut self, flags: Flags, empty: bool) -> Result<Step, Violation> {
        match (self.state, flags.kind()) {
            (Side::Last | Side::Done, _) => return Err(Violation::AfterEnd),
            (_, Kind::Trailer) => return Err(Violation::TrailerFromClient),
            (Side::First, Kind::Message) => return Err(Violation::NoHeader),
            (Side::Open, Kind::Header) => return Err(Violation::LateHeader),
            (Side::First, Kind::Header) => {
                self.state = if flags.ends() { Side::Last } else { Side::Open };
                return Ok(Step::Header);
            }
            (Side::Open, Kind::Message) => {}
        }
        if !empty {
            if self.single && self.messages {
                return Err(Violation::SecondMessage);
            }
            self.messages = true;
        }
        if flags.ends() {
            self.state = Side::Last;
            self.complete()?;
        }
        Ok(if empty { Step::End } else { Step::Message })
    }

    /// Takes the end of the stream.
    ///
    /// # Errors
    /// [`Violation`] where something is missing.
    pub fn fin(&mut self) -> Result<(), Violation> {
        if self.state == Side::First {
            return Err(Violation::NoHeader);
        }
        self.state = Side::Done;
        self.complete()
    }

    /// Whether no further message can come.
    pub fn has_ended(&self) -> bool {
        matches!(self.state, Side::Last | Side::Done)
    }

    fn complete(&self) -> Result<(), Violation> {
        if self.single && !self.messages {
            Err(Violation::NoMessage)
        } else {
            Ok(())
        }
    }
}

/// The response side of a call, as the client reads it.
///
/// A server may mark its last message with END_STREAM; the trailer still follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Responses {
    state: Side,
    single: bool,
    messages: bool,
}

impl Responses {
    /// A side of which nothing has arrived.
    pub fn new(pattern: Pattern) -> Self {
        let single = matches!(pattern, Pattern::Unary | Pattern::ClientStream);
        Self {
            state: Side::First,
            single,
            messages: false,
        }
    }

    /// Takes the next frame.
    ///
    /// # Errors
    /// [`Violation`], after which nothing of the side may be used.
    pub fn frame(&mut self, flags: Flags, empty: bool) -> Result<Step, Violation> {
        match (self.state, flags.kind()) {
            (Side::Done, _) | (Side::Last, Kind::Message) => Err(Violation::AfterEnd),
            (_, Kind::Trailer) => {
                self.state = Side::Done;
                Ok(Step::Trailer)
            }
            (Side::First, Kind::Header) => {
                self.state = if flags.ends() { Side::Last } else { Side::Open };
                Ok(Step::Header)
            }
            (Side::Open | Side::Last, Kind::Header) => Err(Violation::LateHeader),
            (Side::First | Side::Open, Kind::Message) => {
                if !empty && self.single && self.messages {
                    return Err(Violation::SecondMessage);
                }
                self.messages |= !empty;
                self.state = if flags.ends() { Side::Last } else { Side::Open };
                Ok(if empty { Step::End } else { Step::Message })
            }
        }
    }

    /// Says whether the call may succeed with what has arrived.
    ///
    /// # Errors
    /// The pattern has one response and none came.
    pub fn succeed(&self) -> Result<(), Violation> {
        if self.single && !self.messages {
            Err(Violation::NoMessage)
        } else {
            Ok(())
        }
    }

    /// Whether the trailer has arrived.
    pub fn has_ended(&self) -> bool {
        self.state == Side::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PATTERNS: [Pattern; 4] = [
        Pattern::Unary,
        Pattern::ServerStream,
        Pattern::ClientStream,
        Pattern::BidiStream,
    ];

    fn flags(value: u8) -> Flags {
        Flags::parse(value).unwrap()
    }

    /// Runs a request side. `None` stands for FIN, a negative number for the same flags with an empty payload.
    fn requests(pattern: Pattern, frames: &[i32]) -> Result<usize, Violation> {
        let mut side = Requests::new();
        let mut messages = 0;
        for &frame in frames {
            match side.frame(flags(frame.unsigned_abs() as u8), frame < 0)? {
                Step::Header => side.expect(pattern)?,
                Step::Message => messages += 1,
                Step::End | Step::Trailer => {}
            }
        }
        side.fin()?;
        Ok(messages)
    }

    fn responses(pattern: Pattern, frames: &[i32]) -> Result<usize, Violation> {
        let mut side = Responses::new(pattern);
        let mut messages = 0;
        for &frame in frames {
            match side.frame(flags(frame.unsigned_abs() as u8), frame < 0)? {
                Step::Message => messages += 1,
                Step::Trailer => side.succeed()?,
                Step::Header | Step::End => {}
            }
        }
        Ok(messages)
    }

    #[test]
    fn request_sides_are_those_of_the_table() {
        let one = [Pattern::Unary, Pattern::ServerStream];
        let many = [Pattern::ClientStream, Pattern::BidiStream];
        for pattern in one {
            assert_eq!(requests(pattern, &[0x04, 0x40]), Ok(1));
            assert_eq!(requests(pattern, &[0x04, 0x41]), Ok(1));
            assert_eq!(requests(pattern, &[0x04, 0x00]), Ok(1));
            assert_eq!(requests(pattern, &[0x04, 0x01, -0x40]), Ok(1));
            assert_eq!(requests(pattern, &[0x44]), Err(Violation::NoMessage));
            assert_eq!(requests(pattern, &[0x04]), Err(Violation::NoMessage));
            assert_eq!(requests(pattern, &[0x04, -0x40]), Err(Violation::NoMessage));
            assert_eq!(
                requests(pattern, &[0x04, 0x00, 0x40]),
                Err(Violation::SecondMessage)
            );
        }
        for pattern in many {
            assert_eq!(requests(pattern, &[0x44]), Ok(0));
            assert_eq!(requests(pattern, &[0x04]), Ok(0));
            assert_eq!(requests(pattern, &[0x04, -0x40]), Ok(0));
            assert_eq!(requests(pattern, &[0x04, 0x00, 0x01, 0x40]), Ok(3));
            assert_eq!(requests(pattern, &[0x04, 0x00, 0x00]), Ok(2));
        }
        for pattern in PATTERNS {
            assert_eq!(requests(pattern, &[]), Err(Violation::NoHeader));
            assert_eq!(requests(pattern, &[0x00]), Err(Violation::NoHeader));
            assert_eq!(requests(pattern, &[0x02]), Err(Violation::TrailerFromClient));
            assert_eq!(
                requests(pattern, &[0x04, 0x02]),
                Err(Violation::TrailerFromClient)
            );
            assert_eq!(requests(pattern, &[0x04, 0x04]), Err(Violation::LateHeader));
            assert_eq!(requests(pattern, &[0x04, 0x40, 0x00]), Err(Violation::AfterEnd));
            assert_eq!(requests(pattern, &[0x04, 0x40, -0x40]), Err(Violation::AfterEnd));
        }
    }

    #[test]
    fn response_sides_are_those_of_the_table() {
        for pattern in [Pattern::Unary, Pattern::ClientStream] {
            assert_eq!(responses(pattern, &[0x00, 0x02]), Ok(1));
            assert_eq!(responses(pattern, &[0x04, 0x01, 0x02]), Ok(1));
            assert_eq!(responses(pattern, &[0x02]), Err(Violation::NoMessage));
            assert_eq!(responses(pattern, &[0x00, 0x00]), Err(Violation::SecondMessage));
        }
        for pattern in [Pattern::ServerStream, Pattern::BidiStream] {
            assert_eq!(responses(pattern, &[0x02]), Ok(0));
            assert_eq!(responses(pattern, &[0x04, 0x00, 0x01, 0x40, 0x02]), Ok(3));
        }
        for pattern in PATTERNS {
            assert_eq!(responses(pattern, &[0x04, 0x04]), Err(Violation::LateHeader));
            assert_eq!(responses(pattern, &[0x00, 0x04]), Err(Violation::LateHeader));
            assert_eq!(responses(pattern, &[0x40, 0x00]), Err(Violation::AfterEnd));
            assert_eq!(responses(pattern, &[0x00, 0x02, -0x02]), Err(Violation::AfterEnd));
        }
    }

    proptest! {
        #[test]
        fn nothing_is_taken_after_the_end(pattern in prop::sample::select(&PATTERNS[..]),
            frames in proptest::collection::vec((prop::sample::select(&[0x04u8, 0x44, 0, 0x40, 1, 0x41, 2][..]), any::<bool>()), 0..12)) {
            let (mut requests, mut responses) = (Requests::new(), Responses::new(pattern));
            for (value, empty) in frames {
                let ended = (requests.has_ended(), responses.has_ended());
                let request = requests.frame(flags(value), empty);
                prop_assert!(!(ended.0 && request.is_ok()));
                if request == Ok(Step::Header) {
                    let _ = requests.expect(pattern);
                }
                prop_assert!(!(ended.1 && responses.frame(flags(value), empty).is_ok()));
            }
        }
    }
}
