//! The operator's way in while a server runs: a socket file in the data folder, for the owner of the folder
//! only. Commands on the data folder go through it to the running server. There is no secret on disk: unless
//! a root key is configured, the server adds one of its own, which exists in memory only, to what comes in here.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

pub const SOCKET_FILE: &str = "operator.sock";
/// Requests from the socket are calls from this machine.
const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

#[cfg(unix)]
pub use unix::OperatorSocket;

#[cfg(unix)]
mod unix {
    use std::{convert::Infallible, fs, os::unix::fs::PermissionsExt as _};

    use axum::{
        extract::Request,
        http::{HeaderValue, header::AUTHORIZATION},
        response::Response,
    };
    use domain::secret::Secret;
    use tokio::{
        net::{UnixListener, UnixStream},
        runtime::Handle,
    };
    use tower::{Service, ServiceExt as _};

    use super::{PEER, Path, PathBuf, SOCKET_FILE, io};
    use crate::server::{Connections, pause_after};

    /// The listening socket; its file goes away with it.
    pub struct OperatorSocket {
        listener: UnixListener,
        path: PathBuf,
    }

    impl OperatorSocket {
        /// The folder is locked by us, so a file that is already there belongs to a server that died.
        pub fn bind(data: &Path) -> io::Result<Self> {
            let path = data.join(SOCKET_FILE);
            match fs::remove_file(&path) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
                _ => {}
            }
            let listener = UnixListener::bind(&path)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
            Ok(Self { listener, path })
        }

        /// Serves the owner of this process (and the system's administrator) until `stop` is ready.
        pub async fn serve<S>(
            self,
            service: S,
            root_key: Option<Secret>,
            timers: &Handle,
            stop: impl Future<Output = ()>,
        ) where
            S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + Sync + 'static,
            S::Future: Send,
        {
            let header = root_key.and_then(|key| bearer(&key));
            let as_operator = service.map_request(move |mut request: Request| {
                // A credential the caller brings itself counts, as at every other door.
                if let Some(header) = &header {
                    request.headers_mut().entry(AUTHORIZATION).or_insert_with(|| header.clone());
                }
                request
            });
            let connections = Connections::new(timers);
            let mut stop = std::pin::pin!(stop);
            loop {
                let accepted = tokio::select! {
                    () = &mut stop => break,
                    accepted = self.listener.accept() => accepted,
                };
                match accepted {
                    Ok((stream, _)) if trusted(&stream) => {
                        connections.serve(stream, PEER, as_operator.clone())
                    }
                    Ok(_) => tracing::warn!("another user of this machine tried the operator socket"),
                    Err(error) => pause_after(&error).await,
                }
            }
            connections.drain().await;
        }
    }

    impl Drop for OperatorSocket {
        fn drop(&mut self) {
            let _ = fs::remove_file(&self.path);
        }
    }

    fn bearer(key: &Secret) -> Option<HeaderValue> {
        let mut header = HeaderValue::try_from(format!("Bearer {}", key.expose())).ok()?;
        header.set_sensitive(true);
        Some(header)
    }

    /// Asked of the kernel, because the mode of a socket file is set a moment after it appears.
    fn trusted(stream: &UnixStream) -> bool {
        let own = rustix::process::geteuid().as_raw();
        stream.peer_cred().is_ok_and(|peer| peer.uid() == own || peer.uid() == 0)
    }
}
