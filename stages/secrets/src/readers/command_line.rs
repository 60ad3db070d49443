//! What command-line tools remember of a sign-in: hub and gh, doctl, tugboat, Heroku, Terraform Cloud, Pulumi,
//! Databricks, CircleCI, Travis, Sentry, ngrok, Vercel, Netlify, Fly.

use super::syntax::json;
use super::syntax::pairs::{self, Separator};
use super::{Field, Format, is_one_of, pick, says_secret};

pub(super) const FORMAT: Format = Format {
    rule: "command-line-tool-credential",
    names: &[
        "hub",
        ".config/hub",
        "gh/hosts.yml",
        "hosts.yml",
        ".tugboat",
        "doctl/config.yaml",
        "heroku.json",
        ".terraformrc",
        "terraform.rc",
        "credentials.tfrc.json",
        ".pulumi/credentials.json",
        ".databrickscfg",
        ".circleci/cli.yml",
        ".travis/config.yml",
        ".sentryclirc",
        "ngrok.yml",
        ".vercel/auth.json",
        "netlify/config.json",
        ".fly/config.yml",
        ".aliyun/config.json",
        ".linode-cli",
        ".oci/config",
        ".cloudflared/cert.json",
        ".wrangler/config/default.toml",
        ".serverlessrc",
        "accesstokens.json",
        ".config/gcloud/credentials",
        ".ibmcloud/config.json",
        ".bluemix/config.json",
        ".jfrog/jfrog-cli.conf*",
    ],
    read,
};

const SECRET: &[&str] = &[
    "oauth_token",
    "token",
    "access-token",
    "api_key",
    "client_key",
    "authtoken",
    "apikey",
    "access_key_secret",
    "refresh_token",
    "access_token",
    "refreshtoken",
    "accesstoken",
    "auth",
];

fn read(text: &[u8]) -> Vec<Field> {
    let values = if text.trim_ascii_start().starts_with(b"{") || text.trim_ascii_start().starts_with(b"[{") {
        json::read(text)
    } else {
        pairs::read(text, Separator::Sign)
    };
    pick(values, |value| is_one_of(value.name(), SECRET) || says_secret(value.name()))
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn sign_ins_are_read() {
        check("hub", "---\ngithub.com:\n- user: a\n  oauth_token: \"abc1\"\n", &["abc1"]);
        check("heroku.json", r#"{"heroku": {"HEROKU_EMAIL": "a", "HEROKU_API_KEY": "abc1"}}"#, &["abc1"]);
        check(
            ".tugboat",
            "authentication:\n  client_key: abc1 # x\n  api_key: abc2\nssh:\n  ssh_key_path: x\n  ssh_key: ''\n",
            &["abc1", "abc2"],
        );
        check(".terraformrc", "credentials \"app.terraform.io\" {\n  token = \"abc1\"\n}\n", &["abc1"]);
    }
}
