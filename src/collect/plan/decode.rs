//! What is asked of the role: what the command line says, else what the pasted error does. An encoded authorization message is
//! decoded for it by whoever runs this, in their own account.

use super::run::Run;
use irsa_doctor_checks::pasted::Pasted;
use irsa_doctor_checks::snapshot::{Observed, RequiredAction};
use irsa_doctor_checks::symptom::Reading;

impl Run<'_> {
    /// What the pod must be allowed.
    pub(super) async fn required(&self) -> Vec<RequiredAction> {
        let pasted = Pasted::of(&self.options.asked, &Observed::Absent);
        let encoded = match &pasted.reading {
            Some(Reading::Aws(symptom)) if self.options.aws => symptom.encoded.as_deref(),
            _ => None,
        };
        let Some(encoded) = encoded else { return pasted.required };
        let decoded = self.decoded.get_or_init(async || self.session().await.decode_message(encoded).await).await;
        Pasted::of(&self.options.asked, decoded).required
    }
}
