//! The cooperation agreement: which text is in force, and what counts as accepting it.

use platform::vault::sha256_hex;
use policy::Agreement;

use super::SellerRefused;

/// The hash of an agreement's text: SHA-256 over the English text, a line feed and the Chinese text, in hexadecimal.
pub fn hash(agreement: &Agreement) -> String {
    sha256_hex(format!("{}\n{}", agreement.text.en, agreement.text.zh).as_bytes())
}

/// Accepts only the text in force: whoever has read an older one reads again.
pub(crate) fn check_accepted(current: &Agreement, version: &str, sha256: &str) -> Result<(), SellerRefused> {
    let same = version == current.version && sha256.eq_ignore_ascii_case(&hash(current));
    if same { Ok(()) } else { Err(SellerRefused::AgreementChanged(current.version.clone())) }
}

#[cfg(test)]
mod tests {
    use kernel::Localized;

    use super::*;

    #[test]
    fn only_the_text_in_force_can_be_accepted() {
        let mut agreement = Agreement {
            version: "2026-01".to_owned(),
            title: Localized::new("Agreement", "协议"),
            text: Localized::new("Be good.", "诚信经营。"),
        };
        let read = hash(&agreement);
        assert_eq!(check_accepted(&agreement, "2026-01", &read.to_uppercase()), Ok(()));
        assert!(check_accepted(&agreement, "2025-01", &read).is_err());
        // The text was changed without a new version: the hash tells.
        agreement.text.zh.push('！');
        assert_eq!(
            check_accepted(&agreement, "2026-01", &read),
            Err(SellerRefused::AgreementChanged("2026-01".to_owned()))
        );
    }
}
