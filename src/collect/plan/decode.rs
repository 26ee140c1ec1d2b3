//! The encoded authorization message of the pasted error: decoded by whoever runs this, in their own account.

use super::run::Run;
use irsa_doctor_checks::symptom::{self, Reading};

impl Run<'_> {
    /// Decodes the message, where the pasted error carries one; asked once.
    pub(super) async fn decode_message(&self) {
        let Some(Reading::Aws(symptom)) = self.options.asked.error.as_deref().map(symptom::read) else { return };
        let Some(encoded) = symptom.encoded.as_deref() else { return };
        self.decoded.get_or_init(async || self.session().await.decode_message(encoded).await).await;
    }
}
