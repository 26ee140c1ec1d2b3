//! The server below both stand-ins: a thread for each connection, a log, faults, delays, violations.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use socket2::SockRef;

use crate::fault::{self, Effect, Fault};
use crate::http::{self, Request, Response};

/// What a stand-in knows beyond HTTP.
pub(crate) trait Handler: Send + Sync + 'static {
    /// The name under which faults and the log know the request.
    fn operation(&self, request: &Request) -> String;
    /// Whether a read-only program must not have sent this.
    fn is_violation(&self, request: &Request) -> bool;
    /// The right answer.
    fn answer(&self, request: &Request) -> Response;
    /// An error in the service's own shape.
    fn error(&self, request: &Request, status: u16, code: Option<&str>, message: Option<&str>) -> Response;
}

/// One request that was answered, or left without an answer on purpose.
#[derive(Debug, Clone)]
pub struct Logged {
    /// What was asked.
    pub request: Request,
    /// The path for Kubernetes; `service:Operation` for AWS.
    pub operation: String,
    /// The status that was answered; `None` where the fault was to send no whole head.
    pub status: Option<u16>,
    /// When the whole request had been read.
    pub started: Instant,
    /// When the answer was about to be written.
    pub ended: Instant,
}

/// How many round trips lie one behind the other: the longest chain of requests of which each began after the one
/// before it had ended. With a delay on every answer this is the depth of the critical path.
pub fn rounds(log: &[Logged]) -> usize {
    let mut spans: Vec<_> = log.iter().map(|entry| (entry.ended, entry.started)).collect();
    spans.sort();
    let mut last = None;
    let mut rounds = 0;
    for (ended, started) in spans {
        if last.is_none_or(|last| started >= last) {
            rounds += 1;
            last = Some(ended);
        }
    }
    rounds
}

/// A running server. Dropping it stops it, and panics if a read-only program wrote something (see
/// [`Server::violations`]).
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

struct Shared {
    handler: Arc<dyn Handler>,
    stop: Stop,
    settings: Mutex<Settings>,
    log: Mutex<Vec<Logged>>,
    violations: Mutex<Vec<String>>,
    connections: Mutex<BTreeMap<u64, TcpStream>>,
}

#[derive(Default)]
struct Settings {
    faults: Vec<Fault>,
    delay: Duration,
}

impl Server {
    /// Listens on a free port of 127.0.0.1.
    pub(crate) fn start(handler: Arc<dyn Handler>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port on 127.0.0.1");
        let address = listener.local_addr().expect("the address of a bound socket");
        let shared = Arc::new(Shared {
            handler,
            stop: Stop::default(),
            settings: Mutex::default(),
            log: Mutex::default(),
            violations: Mutex::default(),
            connections: Mutex::default(),
        });
        let for_acceptor = Arc::clone(&shared);
        let acceptor = std::thread::spawn(move || accept(&listener, &for_acceptor));
        Self { address, shared, acceptor: Some(acceptor) }
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// All requests up to now.
    pub fn requests(&self) -> Vec<Logged> {
        lock(&self.shared.log).clone()
    }

    /// The operations of all requests up to now, in the order of their answers.
    pub fn operations(&self) -> Vec<String> {
        lock(&self.shared.log).iter().map(|entry| entry.operation.clone()).collect()
    }

    /// Forgets the requests up to now.
    pub fn clear_requests(&self) {
        lock(&self.shared.log).clear();
    }

    /// Puts these faults in the place of all earlier ones.
    pub fn set_faults(&self, faults: Vec<Fault>) {
        lock(&self.shared.settings).faults = faults;
    }

    /// From now on each answer waits this long.
    pub fn set_delay(&self, delay: Duration) {
        lock(&self.shared.settings).delay = delay;
    }

    /// What was asked that a read-only program must never ask: a write, a Secret, a token. Each was refused.
    pub fn violations(&self) -> Vec<String> {
        lock(&self.shared.violations).clone()
    }

    /// Takes the violations, so that dropping the server does not panic because of them.
    pub fn acknowledge_violations(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.shared.violations))
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stop.stop();
        // Wakes the acceptor, which waits for a connection.
        drop(TcpStream::connect(self.address));
        for connection in lock(&self.shared.connections).values() {
            let _ = connection.shutdown(std::net::Shutdown::Both);
        }
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
        let violations = self.acknowledge_violations();
        assert!(violations.is_empty() || std::thread::panicking(), "a read-only program sent: {violations:#?}");
    }
}

/// Locks even if a thread panicked with the lock: a test's failure must not hide behind another one.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A flag that ends every wait.
#[derive(Default)]
struct Stop {
    stopped: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    fn stop(&self) {
        *lock(&self.stopped) = true;
        self.changed.notify_all();
    }

    fn is_stopped(&self) -> bool {
        *lock(&self.stopped)
    }

    fn wait(&self, duration: Duration) {
        if duration > Duration::ZERO {
            let guard = lock(&self.stopped);
            drop(self.changed.wait_timeout_while(guard, duration, |stopped| !*stopped));
        }
    }

    fn wait_for_ever(&self) {
        drop(self.changed.wait_while(lock(&self.stopped), |stopped| !*stopped));
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    let mut threads: Vec<JoinHandle<()>> = Vec::new();
    for (id, stream) in (0_u64..).zip(listener.incoming()) {
        if shared.stop.is_stopped() {
            break;
        }
        let Ok(stream) = stream else { continue };
        if let Ok(handle) = stream.try_clone() {
            lock(&shared.connections).insert(id, handle);
        }
        let shared = Arc::clone(shared);
        threads.retain(|thread| !thread.is_finished());
        threads.push(std::thread::spawn(move || {
            let reset = serve(&stream, &shared).unwrap_or(false);
            // The registry's handle first: a reset is sent when the last handle is closed.
            lock(&shared.connections).remove(&id);
            if reset {
                let _ = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
            }
        }));
    }
    for connection in lock(&shared.connections).values() {
        let _ = connection.shutdown(std::net::Shutdown::Both);
    }
    for thread in threads {
        let _ = thread.join();
    }
}

/// What becomes of the connection after an answer.
#[derive(Clone, Copy, PartialEq)]
enum After {
    Keep,
    Close,
    Reset,
}

/// Answers all requests of a connection; true if it is to be reset.
fn serve(stream: &TcpStream, shared: &Shared) -> io::Result<bool> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    while let Some(request) = http::read_request(&mut reader)? {
        match answer(stream, shared, request)? {
            After::Keep => {}
            After::Close => return Ok(false),
            After::Reset => return Ok(true),
        }
        if shared.stop.is_stopped() {
            break;
        }
    }
    Ok(false)
}

fn answer(stream: &TcpStream, shared: &Shared, request: Request) -> io::Result<After> {
    let started = Instant::now();
    let handler = &shared.handler;
    let operation = handler.operation(&request);
    let (effect, delay) = {
        let mut settings = lock(&shared.settings);
        (fault::strike(&mut settings.faults, &operation), settings.delay)
    };
    shared.stop.wait(delay);
    if let Some(Effect::Delay(delay)) = &effect {
        shared.stop.wait(*delay);
    }
    let violation = handler.is_violation(&request);
    if violation {
        lock(&shared.violations).push(format!("{} {operation}", request.method));
    }
    let mut response = match &effect {
        // A refusal of what is forbidden stands whatever the faults say.
        _ if violation => handler.answer(&request),
        Some(Effect::Error { status, code, message }) => handler.error(&request, *status, code.as_deref(), message.as_deref()),
        Some(Effect::Reply(response)) => response.clone(),
        Some(Effect::Html(status)) => Effect::html(*status),
        _ => handler.answer(&request),
    };
    match &effect {
        Some(Effect::ContentType(value)) => response.set_content_type(value),
        Some(Effect::EmptyBody) => response.body.clear(),
        Some(Effect::Altered(change)) => response.body = change(&response.body),
        _ => {}
    }
    let silent = matches!(effect, Some(Effect::NeverAnswer | Effect::ResetBeforeHead));
    let keep_alive = request.keep_alive();
    let without_body = request.method == "HEAD";
    // Logged before it is written, so that a client that has the answer finds it in the log.
    lock(&shared.log).push(Logged {
        request,
        operation,
        status: (!silent).then_some(response.status),
        started,
        ended: Instant::now(),
    });
    write(stream, shared, &response, effect.as_ref(), keep_alive, without_body)
}

/// Writes the answer, or what the effect leaves of it. Head and body go in one write: apart they cost 40 ms a call.
fn write(
    mut stream: &TcpStream,
    shared: &Shared,
    response: &Response,
    effect: Option<&Effect>,
    keep_alive: bool,
    without_body: bool,
) -> io::Result<After> {
    let mut bytes = response.head(keep_alive);
    match effect {
        Some(Effect::NeverAnswer) => {
            shared.stop.wait_for_ever();
            return Ok(After::Close);
        }
        Some(Effect::ResetBeforeHead) => return Ok(After::Reset),
        Some(Effect::ResetAfterHead) => {
            stream.write_all(&bytes)?;
            return Ok(After::Reset);
        }
        Some(Effect::Truncate) => {
            bytes.extend(response.body.iter().take(response.body.len() / 2));
            stream.write_all(&bytes)?;
            return Ok(After::Close);
        }
        _ => {}
    }
    if !without_body {
        bytes.extend(&response.body);
    }
    if let Some(Effect::Trickle(pause)) = effect {
        for byte in bytes {
            stream.write_all(&[byte])?;
            shared.stop.wait(*pause);
            if shared.stop.is_stopped() {
                return Ok(After::Close);
            }
        }
    } else {
        stream.write_all(&bytes)?;
    }
    Ok(if keep_alive { After::Keep } else { After::Close })
}
