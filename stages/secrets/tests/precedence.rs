//! Where several rules know a value, the one that says most of it is reported, and each place once.

#![expect(clippy::unwrap_used, reason = "what does not hold ends the test")]

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use secrets::{Hint, Options, Rules, scan};

fn check(path: &str, text: &str, expected: &[&str]) {
    let rules = Rules::own().unwrap();
    let options = Options { salt: [7; 32], threshold: 60, archives: true };
    let scanned =
        scan(text.as_bytes(), std::slice::from_ref(&(0..text.len())), &Hint::of(path), &rules, &options);
    let found: Vec<_> = scanned.hits.iter().map(|hit| rules.entry(hit.rule).unwrap().id.as_str()).collect();
    assert_eq!(found, expected, "{text}");
}

/// Bytes that look drawn by chance.
fn random(length: u32) -> Vec<u8> {
    (1..=length).map(|at| (at.wrapping_mul(2_654_435_761) >> 23) as u8).collect()
}

/// A private key by its form alone: version, algorithm, key (PKCS #8).
fn key() -> String {
    let algorithm = [0x30, 13, 6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1, 5, 0];
    let body = [&[2, 1, 0], algorithm.as_slice(), &[4, 0x82, 2, 0], &random(512)].concat();
    let length = u16::try_from(body.len()).unwrap().to_be_bytes();
    STANDARD.encode([&[0x30, 0x82], length.as_slice(), &body].concat())
}

#[test]
fn the_key_of_a_service_is_no_mere_key() {
    let armored =
        ["-----BEGIN PRIVATE", " KEY-----\\n", &key(), "\\n-----END PRIVATE", " KEY-----\\n"].concat();
    check("a.txt", &format!("x = \"{armored}\""), &["private-key"]);
    let id = "7a2b3091238328376e0eafe2e7f0b530efd25faf";
    let text = format!("{{\"private_key_id\": \"{id}\", \"private_key\": \"{armored}\"}}");
    check("a.json", &text, &["google-service-account-key"]);
}

#[test]
fn the_token_of_a_service_is_no_mere_token() {
    let token = [
        URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","typ":"JWT"}"#),
        URL_SAFE_NO_PAD.encode(r#"{"app":1204817,"iss":"github"}"#),
        URL_SAFE_NO_PAD.encode(random(64)),
    ]
    .join(".");
    check("a.txt", &format!("x {token}"), &["json-web-token"]);
    check("a.txt", &format!("x my_{token}"), &["json-web-token"]);
    check("a.txt", &format!("x ghs_1204817_{token}"), &["github-app-stateless-token"]);
}

#[test]
fn a_label_of_a_form_is_no_password_whichever_rule_looks() {
    check("conf/locale/locale_es-ES.ini", "auths.bind_password=Contrase\u{f1}a Bind\nldap = LDAP\n", &[]);
    let password = ["kW9xTr2q", "Lm4Zs8Vb"].concat();
    check("conf/ldap.ini", &format!("ldap.bind_password={password}\n"), &["ldap-bind-password"]);
}

#[test]
fn what_is_nearly_sure_is_as_severe_as_what_is_proven() {
    let severity = |text: &str| {
        let rules = Rules::own().unwrap();
        let options = Options { salt: [7; 32], threshold: 50, archives: true };
        let whole = 0..text.len();
        let hint = Hint::of("application-prod.properties");
        let scanned = scan(text.as_bytes(), std::slice::from_ref(&whole), &hint, &rules, &options);
        scanned.hits.first().map(|hit| (hit.probability >= Some(90), hit.severity))
    };
    let high = severity(&["spring.datasource.password=", "Vn3kd92lsQx7\n"].concat());
    assert_eq!(high, Some((true, Some(model::Severity::High))));
}

#[test]
fn folders_of_messages_are_no_place_to_hide() {
    let password = ["kW9xTr2q", "Lm4Zs8Vb"].concat();
    let text = format!("password: {password}\n");
    check("services/messages/config.yaml", &text, &["generic-credential"]);
    check("services/lang/en/app.yaml", &text, &["generic-credential"]);
    check("config/locales/de.yml", "password: Passwort vergessen\n", &[]);
}

#[test]
fn a_key_in_an_archive_is_a_key() {
    let rules = Rules::own().unwrap();
    let options = Options { salt: [7; 32], threshold: 60, archives: true };
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file("deploy.der", zip::write::SimpleFileOptions::default()).unwrap();
    std::io::Write::write_all(&mut writer, &STANDARD.decode(key()).unwrap()).unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    let scanned = scan(&bytes, std::slice::from_ref(&(0..bytes.len())), &Hint::of("a.zip"), &rules, &options);
    let found: Vec<_> = scanned
        .hits
        .iter()
        .map(|hit| (rules.entry(hit.rule).unwrap().id.as_str(), hit.decoded.join(" ")))
        .collect();
    assert_eq!(found, [("private-key", "zip:deploy.der".to_owned())]);
}
