//! EKS: the cluster, its Pod Identity associations, its add-ons.

use serde_json::{Value, json};

use super::accounts::Association;
use super::call::Call;
use super::error::{Failure, REQUEST_ID};
use super::paging::page;
use super::world::{AccountState, World};
use crate::encoding::hash;
use crate::http::Response;

/// Seconds since 1970, as the JSON services write times; the same moment as the rest of the accounts.
const CREATED_EPOCH: f64 = 1_705_312_800.0;

pub(crate) fn answer(world: &World, call: &Call) -> Result<Response, Failure> {
    let cluster = &world.cluster;
    let here = call.caller.account == cluster.account && call.region == cluster.region;
    if call.action == "ListClusters" {
        let (clusters, token) = page(call, if here { vec![&cluster.name] } else { Vec::new() })?;
        return Ok(list("clusters", json!(clusters), token.as_deref()));
    }
    let name = call.segments.get(1).map(String::as_str).unwrap_or_default();
    if !here || name != cluster.name {
        return Err(Failure::no_such_resource(&format!("No cluster found for name: {name}.")));
    }
    let account = world.account(&cluster.account);
    match call.action.as_str() {
        "DescribeCluster" => Ok(ok(&json!({"cluster": describe(world)}))),
        "ListPodIdentityAssociations" => list_associations(world, account, call),
        "DescribePodIdentityAssociation" => {
            let id = call.segments.get(3).map(String::as_str).unwrap_or_default();
            let association = account.associations.iter().find(|association| association_id(association) == id);
            let missing = || Failure::no_such_resource(&format!("The association id {id} was not found."));
            let association = association.ok_or_else(missing)?;
            Ok(ok(&json!({"association": whole_association(world, association)})))
        }
        "ListAddons" => {
            let names: Vec<Value> = addons(account).iter().map(|addon| addon["addonName"].clone()).collect();
            let (names, token) = page(call, names)?;
            Ok(list("addons", json!(names), token.as_deref()))
        }
        "DescribeAddon" => describe_addon(world, account, call),
        _ => Err(Failure::unknown_operation(call)),
    }
}

/// Answers a write: associations and add-ons of the caller's cluster.
pub(crate) fn write(world: &mut World, call: &Call) -> Result<Response, Failure> {
    let cluster = world.cluster.clone();
    let id = call.segments.get(3).map(String::as_str).unwrap_or_default();
    let account = world.account_mut(&cluster.account);
    let position = account.associations.iter().position(|association| association_id(association) == id);
    let missing = || Failure::no_such_resource(&format!("The association id {id} was not found."));
    let association = match call.action.as_str() {
        "CreatePodIdentityAssociation" => {
            let new: Association = serde_json::from_value(call.fields.clone())
                .map_err(|error| Failure::new(400, "InvalidParameterException", &error.to_string()))?;
            if account.associations.iter().any(|old| association_id(old) == association_id(&new)) {
                return Err(Failure::new(409, "ResourceInUseException", "Association already exists"));
            }
            account.associations.push(new.clone());
            new
        }
        "UpdatePodIdentityAssociation" => {
            let association = &mut account.associations[position.ok_or_else(missing)?];
            let fields = call.fields.as_object().cloned().unwrap_or_default();
            association.fields.extend(fields);
            association.clone()
        }
        "DeletePodIdentityAssociation" => account.associations.remove(position.ok_or_else(missing)?),
        "CreateAddon" => {
            let name = call.fields["addonName"].clone();
            let mut all = addons(account);
            all.push(json!({"addonName": name}));
            account.addons = Some(all);
            return Ok(ok(&json!({"addon": {"addonName": name, "status": "CREATING"}})));
        }
        _ => return Err(Failure::unknown_operation(call)),
    };
    Ok(ok(&json!({"association": whole_association(world, &association)})))
}

fn ok(body: &Value) -> Response {
    Response::json(200, body).with_header("x-amzn-RequestId", REQUEST_ID)
}

fn list(field: &str, items: Value, token: Option<&str>) -> Response {
    let mut body = json!({"nextToken": token});
    body[field] = items;
    ok(&body)
}

fn describe(world: &World) -> Value {
    let cluster = &world.cluster;
    let mut body = json!({
        "name": cluster.name,
        "arn": cluster.arn(),
        "createdAt": CREATED_EPOCH,
        "version": "1.36",
        "endpoint": cluster.endpoint,
        "roleArn": format!("arn:{}:iam::{}:role/eks-cluster-role", cluster.partition, cluster.account),
        "resourcesVpcConfig": {
            "subnetIds": ["subnet-0123456789abcdef0"], "securityGroupIds": [], "vpcId": "vpc-0123456789abcdef0",
            "endpointPublicAccess": true, "endpointPrivateAccess": false, "publicAccessCidrs": ["0.0.0.0/0"],
        },
        "kubernetesNetworkConfig": {"serviceIpv4Cidr": "10.100.0.0/16", "ipFamily": "ipv4"},
        "identity": {"oidc": {"issuer": cluster.issuer}},
        "status": "ACTIVE",
        // "not a certificate" in base64: the stand-in's Kubernetes API speaks plain HTTP.
        "certificateAuthority": {"data": "bm90IGEgY2VydGlmaWNhdGU="},
        "platformVersion": "eks.1",
        "tags": {},
        "accessConfig": {"authenticationMode": "API_AND_CONFIG_MAP"},
    });
    for (field, value) in &cluster.extra {
        body[field.as_str()] = value.clone();
    }
    body
}

/// `a-` and 17 characters, as EKS forms them, from what the association is for.
fn association_id(association: &Association) -> String {
    let text = format!("{}/{}", association.namespace, association.service_account);
    format!("a-{:016x}x", hash(&text))
}

fn association_arn(world: &World, association: &Association) -> String {
    let cluster = &world.cluster;
    format!(
        "arn:{}:eks:{}:{}:podidentityassociation/{}/{}",
        cluster.partition,
        cluster.region,
        cluster.account,
        cluster.name,
        association_id(association)
    )
}

/// The list has neither roles nor tags (<https://docs.aws.amazon.com/eks/latest/APIReference/API_PodIdentityAssociationSummary.html>).
fn list_associations(world: &World, account: &AccountState, call: &Call) -> Result<Response, Failure> {
    let fits = |name: &str, value: &str| call.parameter(name).is_none_or(|want| want == value);
    let summaries = account
        .associations
        .iter()
        .filter(|association| fits("namespace", &association.namespace) && fits("serviceAccount", &association.service_account))
        .map(|association| summary(world, association))
        .collect();
    let (summaries, token) = page(call, summaries)?;
    Ok(list("associations", json!(summaries), token.as_deref()))
}

fn summary(world: &World, association: &Association) -> Value {
    let mut summary = json!({
        "clusterName": world.cluster.name,
        "namespace": association.namespace,
        "serviceAccount": association.service_account,
        "associationArn": association_arn(world, association),
        "associationId": association_id(association),
    });
    if let Some(owner) = association.fields.get("ownerArn") {
        summary["ownerArn"] = owner.clone();
    }
    summary
}

fn whole_association(world: &World, association: &Association) -> Value {
    let mut whole = summary(world, association);
    whole["tags"] = json!({});
    whole["createdAt"] = json!(CREATED_EPOCH);
    whole["modifiedAt"] = json!(CREATED_EPOCH);
    whole["disableSessionTags"] = json!(false);
    for (field, value) in &association.fields {
        whole[field.as_str()] = value.clone();
    }
    whole
}

/// The add-ons, each with its name at least.
fn addons(account: &AccountState) -> Vec<Value> {
    let usual = || ["coredns", "eks-pod-identity-agent", "kube-proxy", "vpc-cni"].map(|name| json!(name)).to_vec();
    let named = |addon: Value| {
        if addon.is_string() { json!({"addonName": addon}) } else { addon }
    };
    account.addons.clone().unwrap_or_else(usual).into_iter().map(named).collect()
}

/// Whether the cluster has an add-on.
pub(crate) fn has_addon(account: &AccountState, name: &str) -> bool {
    addons(account).iter().any(|addon| addon["addonName"] == name)
}

fn describe_addon(world: &World, account: &AccountState, call: &Call) -> Result<Response, Failure> {
    let name = call.segments.get(3).map(String::as_str).unwrap_or_default();
    let found = addons(account).into_iter().find(|addon| addon["addonName"] == name);
    let found =
        found.ok_or_else(|| Failure::no_such_resource(&format!("No addon: {name} found in cluster: {}", world.cluster.name)))?;
    let cluster = &world.cluster;
    let mut addon = json!({
        "addonName": name,
        "clusterName": cluster.name,
        "status": "ACTIVE",
        "addonVersion": "v1.0.0-eksbuild.1",
        "health": {"issues": []},
        "addonArn": format!(
            "arn:{}:eks:{}:{}:addon/{}/{name}/0123456789",
            cluster.partition, cluster.region, cluster.account, cluster.name
        ),
        "createdAt": CREATED_EPOCH,
        "modifiedAt": CREATED_EPOCH,
        "tags": {},
    });
    for (field, value) in found.as_object().into_iter().flatten() {
        addon[field.as_str()] = value.clone();
    }
    Ok(ok(&json!({"addon": addon})))
}
