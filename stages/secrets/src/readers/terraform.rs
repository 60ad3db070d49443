//! Terraform: the state, which holds every secret it ever set, and files of variables.

use super::syntax::json;
use super::syntax::pairs::{self, Separator};
use super::{Field, Format, is_one_of, pick, says_secret};

pub(super) const STATE: Format =
    Format { rule: "terraform-state-secret", names: &["*.tfstate", "*.tfstate.backup"], read: read_state };
pub(super) const VARIABLES: Format =
    Format { rule: "terraform-variable-secret", names: &["*.tfvars", "*.tfvars.json"], read: read_variables };

/// Attributes of providers whose names do not end in a word for a secret.
const ATTRIBUTES: &[&str] = &[
    "private_key_pem",
    "primary_connection_string",
    "secondary_connection_string",
    "kube_config_raw",
    "key_material",
    "secret_string",
    "private_key_openssh",
];

fn read_state(text: &[u8]) -> Vec<Field> {
    pick(json::read(text), |value| {
        // An output's value stands under the output's name.
        let name = if value.name() == "value" { value.parent() } else { value.name() };
        let inside = value.path.iter().any(|part| part == "attributes" || part == "outputs");
        inside && (is_one_of(name, ATTRIBUTES) || says_secret(name))
    })
}

fn read_variables(text: &[u8]) -> Vec<Field> {
    let values = if text.trim_ascii_start().starts_with(b"{") {
        json::read(text)
    } else {
        pairs::read(text, Separator::Sign)
    };
    pick(values, |value| says_secret(value.name()))
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn states_and_variables_are_read() {
        let state = r#"{"outputs": {"db_password": {"value": "abc1", "type": "string"}},
            "resources": [{"instances": [{"attributes": {"id": "x", "password": "abc2", "private_key_pem": "abc3", "key_name": "k"}}]}]}"#;
        check("terraform.tfstate", state, &["abc1", "abc2", "abc3"]);
        check(
            "prod.tfvars",
            "region = \"x\"\ndb_password = \"abc1\"\napi_token=\"abc2\" # why\n",
            &["abc1", "abc2"],
        );
    }
}
