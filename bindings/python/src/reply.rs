//! How a handler answers: the end of one call.

use crate::codec::{MethodFacts, Types};
use crate::error;
use crate::interceptor::gone;
use crate::lock::lock;
use crate::outbox;
use aster_runtime::Status;
use aster_runtime::raw::Payload;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use std::sync::{Arc, Mutex};
use tokio::sync::oneshot;

/// What a coroutine leaves.
pub(crate) enum Answer {
    Nothing,
    Payload(Payload),
    /// The instance of a session, and its methods.
    Instance(Py<PyAny>, Vec<Py<PyAny>>),
}

pub(crate) type Answered = oneshot::Receiver<Result<Answer, Status>>;

/// Takes the end of one call.
#[pyclass(frozen, module = "aster_runtime")]
pub(crate) struct Reply {
    answer: Mutex<Option<oneshot::Sender<Result<Answer, Status>>>>,
    call: Option<(Arc<Types>, Arc<[MethodFacts]>, usize)>,
    /// The responses that go before the end.
    stream: Option<Arc<outbox::Shared>>,
}

impl Reply {
    pub(crate) fn new(
        call: Option<(Arc<Types>, Arc<[MethodFacts]>, usize)>,
        stream: Option<Arc<outbox::Shared>>,
    ) -> (Self, Answered) {
        let (answer, answered) = oneshot::channel();
        let reply = Self {
            answer: Mutex::new(Some(answer)),
            call,
            stream,
        };
        (reply, answered)
    }

    /// For what has no response.
    pub(crate) fn nothing() -> (Self, Answered) {
        Self::new(None, None)
    }

    pub(crate) fn give(&self, answer: Result<Answer, Status>) {
        if let Some(stream) = &self.stream {
            stream.end(answer.as_ref().map(|_| ()).map_err(Clone::clone));
        }
        if let Some(sender) = lock(&self.answer).take() {
            // the call may have ended
            let _ = sender.send(answer);
        }
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        // whoever should have answered has ended without a word, as where its event loop has
        if let Some(stream) = &self.stream {
            stream.end(Err(gone()));
        }
    }
}

#[pymethods]
impl Reply {
    /// The one response.
    fn send(&self, response: &Bound<'_, PyAny>) -> PyResult<()> {
        let Some((types, methods, method)) = &self.call else {
            return Err(PyRuntimeError::new_err("there is no response here"));
        };
        let payload = methods[*method].encode_response(types, response)?;
        self.give(Ok(Answer::Payload(payload)));
        Ok(())
    }

    /// Nothing more comes.
    fn end(&self) {
        self.give(Ok(Answer::Nothing));
    }

    /// The instance of a session.
    fn opened(&self, instance: Py<PyAny>, methods: Vec<Py<PyAny>>) {
        self.give(Ok(Answer::Instance(instance, methods)));
    }

    /// The call fails.
    fn fail(
        &self,
        number: u32,
        message: String,
        details: Vec<(String, Vec<u8>)>,
        metadata: Vec<(String, String)>,
    ) -> PyResult<()> {
        self.give(Err(error::to_status(number, message, details, metadata)?));
        Ok(())
    }

    /// The task of the handler was cancelled.
    fn cancelled(&self) {
        self.give(Err(Status::cancelled("the handler was cancelled at the server")));
    }
}
