//! Telling a connection pooler from a server: a pooler announces a process of its own invention.

use std::{
    future::{Ready, ready},
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{
    AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream, ReadBuf, duplex,
};
use tokio_postgres::{
    Client,
    tls::{ChannelBinding, TlsConnect, TlsStream},
};

/// Codes at the start of a conversation (manual, "Message Formats").
const CANCEL_REQUEST: u32 = 80_877_102;
const SSL_REQUEST: u32 = 80_877_103;

/// The process that the other side announced when the connection was made.
///
/// The driver keeps it to itself, but tells it in the request that cancels a statement; that
/// request is written to a pipe here and goes nowhere.
pub(super) async fn announced_process(client: &Client) -> Option<i32> {
    let (mut here, there) = duplex(256);
    let token = client.cancel_token();
    let write = async move {
        let _ = token.cancel_query_raw(there, Clear).await;
    };
    let read = async move {
        loop {
            let _length = here.read_u32().await.ok()?;
            match here.read_u32().await.ok()? {
                SSL_REQUEST => here.write_all(b"S").await.ok()?,
                CANCEL_REQUEST => return here.read_i32().await.ok(),
                _ => return None,
            }
        }
    };
    let ((), process) = tokio::join!(write, read);
    process
}

/// Where TLS is asked for on the pipe, nothing is encrypted.
struct Clear;

struct ClearStream(DuplexStream);

impl TlsConnect<DuplexStream> for Clear {
    type Error = io::Error;
    type Future = Ready<io::Result<ClearStream>>;
    type Stream = ClearStream;

    fn connect(self, stream: DuplexStream) -> Self::Future {
        ready(Ok(ClearStream(stream)))
    }
}

impl TlsStream for ClearStream {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl AsyncRead for ClearStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for ClearStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
