//! A client without manners: it writes the bytes that it is given on a stream of a call, and tells what comes back.

use aster_runtime::{Node, PeerAddress as _, Ticket};

/// More than any answer has that is asked for here.
const MOST: usize = 1 << 20;

/// Writes on a new stream, ends it if `finish` says so, and reads what is answered: the bytes, and how they ended.
pub(crate) async fn write(
    node: &Node,
    server: &Ticket,
    bytes: &[u8],
    finish: bool,
) -> anyhow::Result<Vec<Vec<u8>>> {
    let address = server.to_endpoint_addr()?;
    // whoever was admitted may have as many connections as it likes
    let connection = node.endpoint().connect(address, b"aster/1").await?;
    let (mut send, mut receive) = connection.open_bi().await?;
    // the server may refuse the rest at any time: its answer says so
    let written = send.write_all(bytes).await.is_ok();
    if finish && written {
        let _ = send.finish();
    }
    let told = match receive.read_to_end(MOST).await {
        Ok(answer) => vec![answer, b"end".to_vec()],
        Err(error) => vec![Vec::new(), error.to_string().into_bytes()],
    };
    connection.close(0_u8.into(), b"");
    Ok(told)
}
