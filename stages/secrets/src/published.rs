//! Values that manuals publish as examples, or emulators as their fixed key: real in form, worth nothing.
//!
//! They are kept as hashes, so that no scanner finds them here.

/// First eight bytes of the BLAKE3 digest of each, sorted, and who publishes it.
const KNOWN: &[(u64, &str)] = &[
    (0x1BED_7B29_F093_0FA0, "AWS documentation: key ids and secret keys"),
    (0x286E_3A91_F00E_BDBE, "Stripe's documentation: keys of a shared test account"),
    (0x4D3F_256A_7331_F681, "AWS documentation: key ids and secret keys"),
    (0x5840_37DE_85B4_8BEF, "jwt.io: the example before it had an `iat`"),
    (0x864B_AB38_FCB7_B648, "Stripe's documentation: keys of a shared test account"),
    (0x8DE2_3244_37D2_E8E1, "Supabase: the keys of every local stack"),
    (0x914D_D124_C317_40E5, "AWS documentation: key ids and secret keys"),
    (0x94CD_9210_9CAD_EE5A, "AWS documentation: key ids and secret keys"),
    (0xD24F_0CB8_F811_F50D, "reCAPTCHA: the secret that passes every test"),
    (0xD410_8A2A_2F94_4066, "Azure Cosmos DB emulator"),
    (0xE832_2BE1_FA3E_0AA3, "Azurite (Azure Storage emulator): the key of devstoreaccount1"),
];

/// Tells whether the value is one of those.
pub(crate) fn is_known(value: &[u8]) -> bool {
    let digest = blake3::hash(value);
    let Some((head, _)) = digest.as_bytes().split_first_chunk::<8>() else { return false };
    KNOWN.binary_search_by_key(&u64::from_be_bytes(*head), |(known, _)| *known).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_values_are_known() {
        assert!(KNOWN.is_sorted());
        let check =
            |parts: &[&str], expected| assert_eq!(is_known(parts.concat().as_bytes()), expected, "{parts:?}");
        check(&["sk_test_4eC39Hq", "LyjWDarjtT1zdp7dc"], true);
        check(&["sk_test_4eC39Hq", "LyjWDarjtT1zdp7dd"], false);
        check(&["wJalrXUtnFEMI/K7MDENG", "/bPxRfiCYEXAMPLEKEY"], true);
        check(
            &["Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IF", "suFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="],
            true,
        );
        check(
            &["C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9n", "DuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw=="],
            true,
        );
        check(&["6LeIxAcTAAAAAGG-vFI1", "TnRWxMZNFuojJ4WifJWe"], true);
    }
}
