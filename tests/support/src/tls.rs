//! TLS in front of a stand-in, with certificates that are good, or bad in one way.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::server::Server;

/// What kind of TLS is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// A certificate for 127.0.0.1, of the authority that [`TlsFront::authority`] gives.
    Good,
    /// Of an authority that nobody knows.
    UnknownAuthority,
    /// For another host.
    OtherName,
    /// Of last century.
    Expired,
    /// None: plain HTTP, though the URL says `https`.
    Plain,
    /// The connection is closed in place of a handshake.
    Closed,
    /// Nothing is said.
    Silent,
}

impl Tls {
    /// Everything that a client must not put up with.
    pub const BAD: [Self; 6] = [Self::UnknownAuthority, Self::OtherName, Self::Expired, Self::Plain, Self::Closed, Self::Silent];
}

/// An `https` URL before a server. Dropping it stops it; the server behind it goes on.
#[derive(Debug)]
pub struct TlsFront {
    address: SocketAddr,
    authority: String,
    stop: Arc<AtomicBool>,
    acceptor: Option<JoinHandle<()>>,
}

impl TlsFront {
    /// Listens on a free port of 127.0.0.1.
    pub fn start(behind: &Server, tls: Tls) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port on 127.0.0.1");
        let address = listener.local_addr().expect("the address of a bound socket");
        let (config, authority) = certified(tls);
        let stop = Arc::new(AtomicBool::new(false));
        let (behind, stopped) = (behind.address(), Arc::clone(&stop));
        let acceptor = std::thread::spawn(move || {
            // What is silent is kept open.
            let mut kept = Vec::new();
            for stream in listener.incoming().map_while(Result::ok) {
                if stopped.load(Ordering::SeqCst) {
                    break;
                }
                let config = Arc::clone(&config);
                match tls {
                    Tls::Closed => drop(stream),
                    Tls::Silent => kept.push(stream),
                    // A handshake that fails is the client's business.
                    Tls::Plain => drop(std::thread::spawn(move || plain(stream))),
                    _ => drop(std::thread::spawn(move || encrypted(stream, config, behind))),
                }
            }
        });
        Self { address, authority, stop, acceptor: Some(acceptor) }
    }

    /// `https://127.0.0.1:PORT`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// The certificate of the authority, in PEM.
    pub fn authority(&self) -> &str {
        &self.authority
    }
}

impl Drop for TlsFront {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the acceptor, which waits for a connection.
        drop(TcpStream::connect(self.address));
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

/// A server's configuration, and the authority that a client is to know.
fn certified(tls: Tls) -> (Arc<ServerConfig>, String) {
    let (known, unknown) = (authority(), authority());
    let issuer = if tls == Tls::UnknownAuthority { &unknown.1 } else { &known.1 };
    let name = if tls == Tls::OtherName { "eks.example.com" } else { "127.0.0.1" };
    let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
    if tls == Tls::Expired {
        params.not_before = date_time_ymd(1999, 1, 1);
        params.not_after = date_time_ymd(1999, 12, 31);
    }
    let key = KeyPair::generate().expect("a key");
    let certificate = params.signed_by(&key, issuer).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions that the provider has")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("a certificate and its key");
    (Arc::new(config), known.0)
}

/// An authority: its certificate in PEM, and itself.
fn authority() -> (String, Issuer<'static, KeyPair>) {
    let mut params = CertificateParams::new([]).expect("no name");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("a certificate");
    (certificate.pem(), Issuer::new(params, key))
}

/// As servers without TLS answer what they can't read.
fn plain(mut stream: TcpStream) {
    let _ = stream.read(&mut [0; 1024]);
    let _ = stream.write_all(b"HTTP/1.0 400 Bad Request\r\n\r\nThis is not HTTP.\n");
}

fn encrypted(stream: TcpStream, config: Arc<ServerConfig>, behind: SocketAddr) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(30)));
    if let Ok(connection) = ServerConnection::new(config) {
        relay(StreamOwned::new(connection, stream), behind);
    }
}

/// Hands one request on, and the answer back.
fn relay(stream: impl Read + Write, behind: SocketAddr) {
    let mut stream = BufReader::new(stream);
    let _ = exchange(&mut stream, behind);
}

fn exchange(stream: &mut BufReader<impl Read + Write>, behind: SocketAddr) -> io::Result<()> {
    let mut head = String::new();
    let mut length = 0;
    loop {
        let from = head.len();
        if stream.read_line(&mut head)? == 0 {
            return Ok(());
        }
        let line = head[from..].trim_end().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        if line.is_empty() {
            head.truncate(from);
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    let mut server = TcpStream::connect(behind)?;
    server.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes())?;
    server.write_all(&body)?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    stream.get_mut().write_all(&answer)?;
    stream.get_mut().flush()
}
