//! The encoded authorization message of the pasted error: decoded by whoever runs this, in their own account.

use super::run::Run;
use irsa_doctor_checks::pasted::Pasted;
use irsa_doctor_checks::snapshot::{Observed, RequiredAction};
use irsa_doctor_checks::symptom::{self, Reading};

impl Run<'_> {
    /// What the pod must be allowed: what was asked, else what the pasted error says, decoded where the caller may.
    pub(super) async fn required(&self) -> Vec<RequiredAction> {
        self.decode_message().await;
        self.known_required()
    }

    /// The same, from what is known by now.
    pub(super) fn known_required(&self) -> Vec<RequiredAction> {
        let decoded = self.decoded.get().unwrap_or(&Observed::Absent);
        Pasted::of(&self.options.asked, decoded).required
    }

    /// Decodes the message, where the pasted error carries one; asked once.
    async fn decode_message(&self) {
        if !self.options.aws {
            return;
        }
        let Some(Reading::Aws(symptom)) = self.options.asked.error.as_deref().map(symptom::read) else { return };
        let Some(encoded) = symptom.encoded.as_deref() else { return };
        self.decoded.get_or_init(async || self.session().await.decode_message(encoded).await).await;
    }
}
