//! Handlers that know nothing of JSON.

use super::shop::{
    Cart, Desk, Line, LockRequest, Nest, Order, Orders, Receipt, RepeatRequest, RepeatsRequest, TellRequest,
    WideRequest,
};
use aster_runtime::codegen::v1::{BigDecimal, Context, Status, Stream, Streaming};
use futures_util::{StreamExt as _, stream};
use std::sync::Mutex;

pub(super) struct Keeper;

fn price(line: Line) -> BigDecimal {
    line.price * BigDecimal::from(line.quantity)
}

impl Orders for Keeper {
    async fn place(&self, order: Order, _: &Context) -> Result<Receipt, Status> {
        let total = order.lines.into_iter().map(price).sum();
        Ok(Receipt {
            order: order.id,
            total,
        })
    }
}

impl Desk for Keeper {
    async fn price(&self, order: Order, context: &Context) -> Result<Receipt, Status> {
        self.place(order, context).await
    }

    async fn lines(
        &self,
        order: Order,
        _: &Context,
    ) -> Result<impl Stream<Item = Result<Line, Status>> + Send, Status> {
        Ok(stream::iter(order.lines.into_iter().map(Ok)))
    }

    async fn total(&self, mut lines: Streaming<Line>, _: &Context) -> Result<BigDecimal, Status> {
        let mut total = BigDecimal::from(0);
        while let Some(line) = lines.message().await? {
            total += price(line);
        }
        Ok(total)
    }

    async fn check(
        &self,
        lines: Streaming<Line>,
        _: &Context,
    ) -> Result<impl Stream<Item = Result<i64, Status>> + Send, Status> {
        Ok(lines.map(|line| line.map(|line| line.sku.len() as i64)))
    }

    async fn depth(&self, nest: Nest, _: &Context) -> Result<u8, Status> {
        let (mut depth, mut nest) = (1, &nest);
        while let Some(inner) = &nest.inner {
            (depth, nest) = (depth + 1, inner);
        }
        Ok(depth)
    }

    async fn wide(&self, request: WideRequest, _: &Context) -> Result<u64, Status> {
        Ok(request.rows.len() as u64)
    }

    async fn repeat(&self, request: RepeatRequest, _: &Context) -> Result<String, Status> {
        Ok(request.text.repeat(request.times as usize))
    }

    async fn repeats(
        &self,
        request: RepeatsRequest,
        _: &Context,
    ) -> Result<impl Stream<Item = Result<String, Status>> + Send, Status> {
        let text = request.text.repeat(request.times as usize);
        Ok(stream::iter([Ok(text.clone()), Ok(text)]))
    }

    /// Answers with what it knows of the call, which it says as metadata as well; then does as it is told.
    async fn tell(&self, request: TellRequest, context: &Context) -> Result<String, Status> {
        for (key, value) in context.metadata().iter() {
            context.set_header(format!("h.{key}"), value)?;
            context.set_trailer(format!("t.{key}"), value)?;
        }
        if let Some(count) = request.how.strip_prefix("escape ") {
            context.set_header("k", "\u{1}".repeat(count.parse().unwrap()))?;
        }
        match &*request.how {
            "fail" => Err(Status::not_found("no \"agent\"\n")
                .with_detail("who", "anna")
                .with_detail("who", [0xff])),
            "fail at length" => Err(Status::aborted("\u{1}".repeat(100_000))
                .with_detail("first", [7; 1000])
                .with_detail("second", vec![7; 100_000])),
            "fail with ok" => Err(Status::ok("")),
            "hang" => std::future::pending().await,
            "panic" => panic!("a secret of the server"),
            _ => Ok(format!(
                "{} {} {:?}",
                context.method(),
                context.call_id(),
                context.deadline().map(|left| left.as_secs())
            )),
        }
    }

    async fn lock(&self, _: LockRequest, _: &Context) -> Result<(), Status> {
        Ok(())
    }
}

/// How much is in a cart.
#[derive(Default)]
pub(super) struct At(Mutex<i64>);

impl Cart for At {
    async fn add(&self, line: Line, _: &Context) -> Result<i64, Status> {
        let mut count = self.0.lock().unwrap();
        *count += i64::from(line.quantity);
        Ok(*count)
    }
}
