//! The cluster as EKS knows it: its issuer, Pod Identity associations, add-ons.

use super::operations::{DESCRIBE_ADDON, DESCRIBE_ASSOCIATION, DESCRIBE_CLUSTER, LIST_ADDONS, LIST_ASSOCIATIONS};
use super::paging::{self, Page};
use super::{Session, ask};
use crate::collect::observe::aws::{Question, part};
use irsa_doctor_checks::snapshot::{Addon, Association, EksCluster, Gap, Observed};

impl Session {
    /// `eks:DescribeCluster`, in the session's region.
    pub(crate) async fn cluster(&self, name: &str) -> Observed<EksCluster> {
        let question = Question { operation: &DESCRIBE_CLUSTER, about: name };
        let answer = ask!(self, question, eks.describe_cluster().name(name));
        part(answer, |answer| {
            let cluster = answer.cluster.ok_or_else(|| question.malformed("the answer has no cluster"))?;
            let arn = cluster.arn.filter(|arn| !arn.is_empty()).ok_or_else(|| question.malformed("the answer has no arn"))?;
            Ok(EksCluster {
                name: cluster.name.unwrap_or_else(|| name.to_owned()),
                arn,
                endpoint: cluster.endpoint,
                issuer: cluster.identity.and_then(|identity| identity.oidc).and_then(|oidc| oidc.issuer),
                version: cluster.version,
                certificate_authority: cluster.certificate_authority.and_then(|authority| authority.data),
                auto_mode: cluster.compute_config.and_then(|compute| compute.enabled),
                on_outposts: cluster.outpost_config.map(|_| true),
            })
        })
    }

    /// The Pod Identity association of a service account: `eks:ListPodIdentityAssociations`, then
    /// `eks:DescribePodIdentityAssociation` (the list has no roles). `Absent` if the list is empty.
    pub(crate) async fn association(&self, cluster: &str, namespace: &str, account: &str) -> Observed<Association> {
        match self.association_id(cluster, namespace, account).await {
            Observed::Present(Some(id)) => self.describe_association(cluster, &id).await,
            Observed::Present(None) | Observed::Absent => Observed::Absent,
            Observed::Unavailable(gap) => Observed::Unavailable(gap),
        }
    }

    /// The ids of all Pod Identity associations of a cluster, by namespace and service account: `eks:ListPodIdentityAssociations`,
    /// all pages.
    pub(crate) async fn association_ids(&self, cluster: &str) -> Observed<Vec<(String, String, String)>> {
        let question = Question { operation: &LIST_ASSOCIATIONS, about: cluster };
        paging::all(question, async |token| {
            let answer = ask!(self, question, eks.list_pod_identity_associations().cluster_name(cluster).set_next_token(token));
            part(answer, |answer| {
                let list = answer.associations.ok_or_else(|| question.malformed("the answer has no associations"))?;
                let ids = list.into_iter().map(|found| Some((found.namespace?, found.service_account?, found.association_id?)));
                let ids: Option<Vec<_>> = ids.collect();
                Ok(Page::eks(ids.ok_or_else(|| question.malformed("an association is not whole"))?, answer.next_token))
            })
        })
        .await
    }

    async fn association_id(&self, cluster: &str, namespace: &str, account: &str) -> Observed<Option<String>> {
        let question = Question { operation: &LIST_ASSOCIATIONS, about: cluster };
        let list = paging::all(question, async |token| {
            let answer = ask!(
                self,
                question,
                eks.list_pod_identity_associations()
                    .cluster_name(cluster)
                    .namespace(namespace)
                    .service_account(account)
                    .set_next_token(token)
            );
            part(answer, |answer| {
                let list = answer.associations.ok_or_else(|| question.malformed("the answer has no associations"))?;
                Ok(Page::eks(list, answer.next_token))
            })
        })
        .await;
        part(list, |list| {
            // The request's filters again: a server that ignores them must not lend us another account's role.
            let ours = list.into_iter().find(|association| {
                association.namespace.as_deref() == Some(namespace) && association.service_account.as_deref() == Some(account)
            });
            let missing = || question.malformed("an association has no associationId");
            ours.map(|association| association.association_id.ok_or_else(missing)).transpose()
        })
    }

    pub(crate) async fn describe_association(&self, cluster: &str, id: &str) -> Observed<Association> {
        let about = format!("{cluster}/{id}");
        let question = Question { operation: &DESCRIBE_ASSOCIATION, about: &about };
        let answer = ask!(self, question, eks.describe_pod_identity_association().cluster_name(cluster).association_id(id));
        part(answer, |answer| association(question, id, answer.association))
    }

    /// `eks:ListAddons`, all pages.
    pub(crate) async fn addon_names(&self, cluster: &str) -> Observed<Vec<String>> {
        let question = Question { operation: &LIST_ADDONS, about: cluster };
        paging::all(question, async |token| {
            let answer = ask!(self, question, eks.list_addons().cluster_name(cluster).set_next_token(token));
            part(answer, |answer| {
                let names = answer.addons.ok_or_else(|| question.malformed("the answer has no addons"))?;
                Ok(Page::eks(names, answer.next_token))
            })
        })
        .await
    }

    /// `eks:DescribeAddon`.
    pub(crate) async fn addon(&self, cluster: &str, name: &str) -> Observed<Addon> {
        let about = format!("{cluster}/{name}");
        let question = Question { operation: &DESCRIBE_ADDON, about: &about };
        let answer = ask!(self, question, eks.describe_addon().cluster_name(cluster).addon_name(name));
        part(answer, |answer| {
            let addon = answer.addon.ok_or_else(|| question.malformed("the answer has no addon"))?;
            Ok(Addon {
                name: addon.addon_name.unwrap_or_else(|| name.to_owned()),
                service_account_role_arn: addon.service_account_role_arn.filter(|arn| !arn.is_empty()),
                status: addon.status.map(|status| status.as_str().to_owned()),
            })
        })
    }
}

fn association(
    question: Question<'_>,
    id: &str,
    association: Option<aws_sdk_eks::types::PodIdentityAssociation>,
) -> Result<Association, Gap> {
    let missing = |field: &str| question.malformed(format!("the answer has no {field}"));
    let association = association.ok_or_else(|| missing("association"))?;
    Ok(Association {
        id: association.association_id.unwrap_or_else(|| id.to_owned()),
        arn: association.association_arn.unwrap_or_default(),
        namespace: association.namespace.ok_or_else(|| missing("namespace"))?,
        service_account: association.service_account.ok_or_else(|| missing("serviceAccount"))?,
        role_arn: association.role_arn.filter(|arn| !arn.is_empty()).ok_or_else(|| missing("roleArn"))?,
        target_role_arn: association.target_role_arn.filter(|arn| !arn.is_empty()),
        external_id: association.external_id,
        session_policy: association.policy.filter(|policy| !policy.is_empty()),
        disable_session_tags: association.disable_session_tags.unwrap_or(false),
        owner_arn: association.owner_arn.filter(|arn| !arn.is_empty()),
    })
}
