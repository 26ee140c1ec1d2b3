//! An account made in moto, as the one that a scenario has.

use crate::account::{block_on, config};
use aws_sdk_iam::Client;
use irsa_doctor_test_support::{Account, Moto, Role};
use std::error::Error;

type Result = std::result::Result<(), Box<dyn Error>>;

/// Makes roles, policies and providers.
///
/// # Errors
///
/// What moto takes no part in: it checks documents before it stores them.
pub(crate) fn seed(moto: &Moto, id: &str, issuer: &str, account: &Account) -> Result {
    moto.reset();
    block_on(async {
        let iam = Client::new(&config(moto).await);
        providers(&iam, issuer, account).await?;
        for (name, document) in account.policies.iter().chain(account.roles.iter().flat_map(|role| &role.attached.customer)) {
            iam.create_policy().policy_name(name).policy_document(&document.0).send().await?;
        }
        for role in &account.roles {
            make_role(&iam, id, role).await?;
        }
        Ok(())
    })
}

async fn providers(iam: &Client, issuer: &str, account: &Account) -> Result {
    let Some(providers) = &account.providers else {
        iam.create_open_id_connect_provider().url(issuer).client_id_list("sts.amazonaws.com").send().await?;
        return Ok(());
    };
    for provider in providers {
        let create = iam.create_open_id_connect_provider().url(&provider.url);
        let ids = Some(provider.client_ids.clone());
        create.set_client_id_list(ids).set_thumbprint_list(Some(provider.thumbprints.clone())).send().await?;
    }
    Ok(())
}

async fn make_role(iam: &Client, id: &str, role: &Role) -> Result {
    let arn = |name: &str| if name.starts_with("arn:") { name.to_owned() } else { format!("arn:aws:iam::{id}:policy/{name}") };
    let create = iam.create_role().role_name(&role.name).path(&role.path).assume_role_policy_document(&role.trust.0);
    create.set_permissions_boundary(role.boundary.as_deref().map(arn)).send().await?;
    for policy in role.attached.arns.iter().chain(role.attached.customer.keys()) {
        iam.attach_role_policy().role_name(&role.name).policy_arn(arn(policy)).send().await?;
    }
    for (name, document) in &role.inline {
        iam.put_role_policy().role_name(&role.name).policy_name(name).policy_document(&document.0).send().await?;
    }
    Ok(())
}
