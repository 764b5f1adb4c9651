//! The socket loop: accepts connections, serves HTTP/1.1 on them, and at the end stops accepting and lets
//! running requests finish for a bounded time. It never looks into a request.

use std::{cell::RefCell, convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{ConnectInfo, Request},
    response::Response,
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{rt::TokioIo, server::graceful::GracefulShutdown};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    runtime::Handle,
};
use tower::Service;

use crate::{error::Failure, idle::Idle};

/// Running requests get this long to finish at shutdown.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);
/// After an error of the listener itself (out of file descriptors): do not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Opens the port, with an error that says what to do.
pub async fn bind(listen: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(listen).await.map_err(|e| {
        let failure = Failure::new(format!("cannot listen on {listen}: {e}"));
        match e.kind() {
            io::ErrorKind::AddrInUse => Failure {
                message: format!("port {} on {} is already in use", listen.port(), listen.ip()),
                ..failure
                    .help("stop the other program, or choose another port with --listen or KEYWARD_LISTEN")
            },
            io::ErrorKind::PermissionDenied => {
                failure.help("ports below 1024 need a privilege; choose a higher one")
            }
            io::ErrorKind::AddrNotAvailable => failure.help("this machine does not have that address"),
            _ => failure,
        }
    })
}

/// Serves until `stop` is ready, then drains. Quiet connections are let go by `timers`.
pub async fn serve<S>(listener: TcpListener, service: S, timers: &Handle, stop: impl Future<Output = ()>)
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let connections = Connections::new(timers);
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                // Answers are small and whole: waiting to fill a packet only adds delay.
                let _ = stream.set_nodelay(true);
                connections.serve(stream, peer, service.clone());
            }
            Err(error) => pause_after(&error).await,
        }
    }
    drop(listener);
    connections.drain().await;
}

/// All open connections of one listener.
pub struct Connections {
    graceful: GracefulShutdown,
    idle: Arc<Idle>,
}

impl Connections {
    pub fn new(timers: &Handle) -> Self {
        Self { graceful: GracefulShutdown::new(), idle: Idle::start(timers) }
    }

    /// Serves one connection in a task of its own; `peer` is what the doors will see.
    pub fn serve<S, I>(&self, stream: I, peer: SocketAddr, service: S)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
        S::Future: Send,
    {
        // One service per connection, not a clone per request: its counters are shared by all cores. A connection
        // of HTTP/1 makes its calls one after the other, so the cell is never borrowed twice.
        let service = RefCell::new(service);
        let (idle, watched) = (Arc::clone(&self.idle), self.idle.connection());
        let connection = Arc::clone(&watched);
        let answer = service_fn(move |request: hyper::Request<Incoming>| {
            idle.asked(&connection);
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            service.borrow_mut().call(request)
        });
        // No timer of hyper's: quiet connections are looked after by `idle`.
        let serving =
            http1::Builder::new().header_read_timeout(None).serve_connection(TokioIo::new(stream), answer);
        let serving = self.graceful.watch(serving);
        let task = tokio::spawn(async move {
            // A client that goes away or speaks nonsense is its own business.
            if let Err(error) = serving.await {
                tracing::debug!(%error, "connection ended");
            }
        });
        self.idle.watch(watched, task.abort_handle());
    }

    /// Waits for running requests: not for ever, and not against the will of who asks to stop a second time.
    pub async fn drain(self) {
        tokio::select! {
            () = self.graceful.shutdown() => return,
            () = tokio::time::sleep(DRAIN_TIMEOUT) => {}
            () = asked_to_stop() => {}
        }
        tracing::warn!("some requests did not finish in time and were cut off");
    }
}

/// Errors of one connection are ignored; errors of the listener are said and waited out.
pub async fn pause_after(error: &io::Error) {
    let of_connection = matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    );
    if !of_connection {
        tracing::error!(%error, "cannot accept connections");
        tokio::time::sleep(ACCEPT_PAUSE).await;
    }
}

/// Ready at SIGINT or SIGTERM.
pub async fn asked_to_stop() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending::<()>().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}
