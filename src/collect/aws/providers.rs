//! OIDC identity providers.

use super::iam::date;
use super::operations::{GET_PROVIDER, LIST_PROVIDERS};
use super::{Session, ask};
use crate::collect::observe::aws::{Question, part};
use irsa_doctor_checks::snapshot::{Observed, OidcProvider};

impl Session {
    /// `iam:GetOpenIDConnectProvider`, by the ARN that an issuer's provider has.
    pub(crate) async fn provider(&self, arn: &str) -> Observed<OidcProvider> {
        let question = Question { operation: &GET_PROVIDER, about: arn };
        let answer = ask!(self, question, iam.get_open_id_connect_provider().open_id_connect_provider_arn(arn));
        part(answer, |answer| {
            let missing = |field: &str| question.malformed(format!("the answer has no {field}"));
            Ok(OidcProvider {
                url: answer.url.filter(|url| !url.is_empty()).ok_or_else(|| missing("Url"))?,
                client_ids: answer.client_id_list.ok_or_else(|| missing("ClientIDList"))?,
                thumbprints: answer.thumbprint_list.unwrap_or_default(),
                tags: answer.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect(),
                create_date: answer.create_date.as_ref().and_then(date),
            })
        })
    }

    /// `iam:ListOpenIDConnectProviders`: the ARNs of all providers of the account. It has no pages.
    pub(crate) async fn provider_arns(&self, account: &str) -> Observed<Vec<String>> {
        let question = Question { operation: &LIST_PROVIDERS, about: account };
        let answer = ask!(self, question, iam.list_open_id_connect_providers());
        part(answer, |answer| {
            let missing = || question.malformed("the answer has no OpenIDConnectProviderList");
            let list = answer.open_id_connect_provider_list.ok_or_else(missing)?;
            let arns: Option<Vec<_>> = list.into_iter().map(|entry| entry.arn.filter(|arn| !arn.is_empty())).collect();
            arns.ok_or_else(missing)
        })
    }
}
