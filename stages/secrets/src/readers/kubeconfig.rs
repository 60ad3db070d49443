//! How a client signs in to a Kubernetes cluster.

use super::syntax::pairs::{self, Separator};
use super::{Field, Format, is_one_of, pick};

pub(super) const FORMAT: Format = Format {
    rule: "kubeconfig-credential",
    names: &[
        ".kube/config",
        "kubeconfig",
        "kubeconfig.yaml",
        "kubeconfig.yml",
        "*.kubeconfig",
        "*-kubeconfig",
        "*kubeconfig.yaml",
        "kube.config",
        "admin.conf",
    ],
    read,
};

const SECRET: &[&str] =
    &["token", "client-key-data", "password", "client-secret", "id-token", "refresh-token", "access-token"];

fn read(text: &[u8]) -> Vec<Field> {
    pick(pairs::read(text, Separator::Sign), |value| is_one_of(value.name(), SECRET))
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn users_carry_the_secrets() {
        let text = "users:\n- name: a\n  user:\n    client-certificate-data: LS0t\n    client-key-data: LS1r\n    token: abc.def\n";
        check(".kube/config", text, &["LS1r", "abc.def"]);
    }
}
