//! IAM, STS, EKS and CloudTrail's event history of one or more accounts on one port.

mod accounts;
mod call;
mod details;
mod eks;
mod error;
mod iam;
mod managed;
mod paging;
mod policies;
mod runtime;
mod sts;
mod world;
mod write;
mod xml;

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex};

use serde_json::Value;

pub use self::accounts::{Account, Accounts, Association, Attached, Document, Provider, Role};
use self::call::Call;
use self::error::Failure;
use self::world::World;
use crate::http::{Request, Response};
use crate::server::{Handler, Server, lock};

/// The EKS cluster of the stand-in.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// Its name.
    pub name: String,
    /// The account it is in.
    pub account: String,
    /// Its region; in another region it is not found.
    pub region: String,
    /// `aws`, `aws-cn`, `aws-us-gov`: for the ARNs of the cluster and of everything in the accounts.
    pub partition: String,
    /// The issuer that `DescribeCluster` gives, and whose provider an account with `providers: null` has.
    pub issuer: String,
    /// The endpoint that `DescribeCluster` gives.
    pub endpoint: String,
    /// Fields that `DescribeCluster` says besides or in place of the usual ones.
    pub extra: serde_json::Map<String, Value>,
}

impl Cluster {
    /// `my-cluster` of account 123456789012 in us-east-1.
    pub fn new(issuer: &str) -> Self {
        Self {
            name: "my-cluster".to_owned(),
            account: "123456789012".to_owned(),
            region: "us-east-1".to_owned(),
            partition: "aws".to_owned(),
            issuer: issuer.to_owned(),
            endpoint: "https://EXAMPLED539D4633E53DE1B71EXAMPLE.gr7.us-east-1.eks.amazonaws.com".to_owned(),
            extra: serde_json::Map::new(),
        }
    }

    /// The ARN.
    pub fn arn(&self) -> String {
        format!("arn:{}:eks:{}:{}:cluster/{}", self.partition, self.region, self.account, self.name)
    }
}

/// Who calls, as the access key in the signature tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The account.
    pub account: String,
    /// The ARN that `GetCallerIdentity` gives.
    pub arn: String,
}

/// The stand-in. It answers the reading operations as the real services do, refuses every other one, and keeps the
/// list of such attempts ([`Server::violations`]). Signatures are not verified; only the access key is looked at.
#[derive(Debug)]
pub struct AwsApi {
    server: Server,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    world: Mutex<World>,
    settings: Mutex<Settings>,
}

#[derive(Debug, Clone, Default)]
struct Settings {
    callers: BTreeMap<String, Caller>,
    page_size: Option<usize>,
    writable: bool,
    decoded_messages: BTreeMap<String, String>,
    events: Vec<runtime::Event>,
    simulations: BTreeMap<String, Value>,
}

impl AwsApi {
    /// Starts a server. Each account has one user, `user/tester`, whose access key is [`AwsApi::access_key`].
    pub fn start(accounts: &Accounts, cluster: Cluster) -> Self {
        let mut settings = Settings::default();
        for account in accounts.accounts.keys().chain([&cluster.account]) {
            let arn = format!("arn:{}:iam::{account}:user/tester", cluster.partition);
            settings.callers.insert(Self::access_key(account), Caller { account: account.clone(), arn });
        }
        let world = Mutex::new(World::new(accounts, cluster));
        let state = Arc::new(State { world, settings: Mutex::new(settings) });
        Self { server: Server::start(Arc::clone(&state) as Arc<dyn Handler>), state }
    }

    /// The access key id of the account's user. Any secret will do.
    pub fn access_key(account: &str) -> String {
        format!("AKIAEXAM{account}")
    }

    /// Lets an access key belong to any caller, an assumed role for example.
    pub fn set_caller(&self, access_key: &str, caller: Caller) {
        lock(&self.state.settings).callers.insert(access_key.to_owned(), caller);
    }

    /// No page of any list is longer than this.
    pub fn set_page_size(&self, size: usize) {
        lock(&self.state.settings).page_size = Some(size);
    }

    /// From now on writing operations change the accounts and are no violations.
    pub fn allow_writes(&self) {
        lock(&self.state.settings).writable = true;
    }

    /// The service accounts of a namespace that have a Pod Identity association in the cluster now.
    pub fn associated(&self, namespace: &str) -> Vec<String> {
        let world = lock(&self.state.world);
        let associations = &world.account(&world.cluster.account).associations;
        let inside = associations.iter().filter(|association| association.namespace == namespace);
        inside.map(|association| association.service_account.clone()).collect()
    }

    /// Whether the cluster has an add-on now.
    pub fn has_addon(&self, name: &str) -> bool {
        let world = lock(&self.state.world);
        eks::has_addon(world.account(&world.cluster.account), name)
    }

    /// What `DecodeAuthorizationMessage` makes of an encoded message.
    pub fn set_decoded_message(&self, encoded: &str, decoded: &str) {
        lock(&self.state.settings).decoded_messages.insert(encoded.to_owned(), decoded.to_owned());
    }

    /// Puts an event into the history that `LookupEvents` reads in an account and a region.
    pub fn add_event(&self, account: &str, region: &str, event: Value) {
        let event = runtime::Event { account: account.to_owned(), region: region.to_owned(), body: event };
        lock(&self.state.settings).events.push(event);
    }

    /// What `SimulatePrincipalPolicy` says of an action: `{"decision", "by", "missing", "organization", "boundary"}`.
    /// Of any other action it says nothing but 500.
    pub fn set_simulation(&self, action: &str, answer: Value) {
        lock(&self.state.settings).simulations.insert(action.to_owned(), answer);
    }

    /// Whether AWS bills it or not: only these operations are reads.
    fn is_read(call: &Call) -> bool {
        let reads: &[&str] = match call.service.as_str() {
            "sts" => &["Get", "Decode", "AssumeRole"],
            "iam" => &["Get", "List", "Simulate"],
            "cloudtrail" => &["LookupEvents"],
            _ => &["Get", "List", "Describe", "Head"],
        };
        reads.iter().any(|prefix| call.action.starts_with(prefix))
    }
}

impl Deref for AwsApi {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

impl State {
    /// The call with its caller, or the error of a caller whom nobody knows.
    fn authenticate(&self, request: &Request) -> Result<Call, Failure> {
        let mut call = Call::parse(request);
        let settings = lock(&self.settings);
        if call.access_key.is_empty() {
            return Err(Failure::new(403, "MissingAuthenticationToken", "Request is missing Authentication Token"));
        }
        let caller = settings.callers.get(&call.access_key).ok_or_else(|| {
            let code = if call.is_json() { "UnrecognizedClientException" } else { "InvalidClientTokenId" };
            Failure::new(403, code, "The security token included in the request is invalid.")
        })?;
        call.caller = caller.clone();
        call.page_size = settings.page_size;
        Ok(call)
    }

    fn dispatch(&self, request: &Request) -> Result<Response, Failure> {
        let call = self.authenticate(request)?;
        if !AwsApi::is_read(&call) {
            return self.write(&call);
        }
        let world = lock(&self.world);
        match call.service.as_str() {
            "iam" if call.action == "SimulatePrincipalPolicy" => runtime::simulate(&call, &lock(&self.settings)),
            "cloudtrail" if call.action == "LookupEvents" => Ok(runtime::lookup_events(&call, &lock(&self.settings))),
            "iam" => iam::answer(&world, &call),
            "eks" => eks::answer(&world, &call),
            "sts" => {
                let mut settings = lock(&self.settings);
                sts::answer(&world, &call, &mut settings)
            }
            _ => Err(Failure::unknown_operation(&call)),
        }
    }

    fn write(&self, call: &Call) -> Result<Response, Failure> {
        if !lock(&self.settings).writable {
            return Err(self.denied(call));
        }
        let mut world = lock(&self.world);
        match call.service.as_str() {
            "iam" => write::answer(&mut world, call),
            "eks" => eks::write(&mut world, call),
            _ => Err(Failure::unknown_operation(call)),
        }
    }

    fn denied(&self, call: &Call) -> Failure {
        Failure::denied(call, &lock(&self.world).cluster)
    }
}

impl Handler for State {
    fn operation(&self, request: &Request) -> String {
        Call::parse(request).operation()
    }

    fn is_violation(&self, request: &Request) -> bool {
        !AwsApi::is_read(&Call::parse(request)) && !lock(&self.settings).writable
    }

    fn answer(&self, request: &Request) -> Response {
        self.dispatch(request).unwrap_or_else(|failure| failure.response(&Call::parse(request)))
    }

    fn error(&self, request: &Request, status: u16, code: Option<&str>, message: Option<&str>) -> Response {
        let call = self.authenticate(request).unwrap_or_else(|_| Call::parse(request));
        let failure = match (code, message) {
            (None | Some("AccessDenied" | "AccessDeniedException"), None) if status == 403 => self.denied(&call),
            _ => Failure::usual(status, code, message),
        };
        failure.response(&call)
    }
}

#[cfg(test)]
mod tests;
