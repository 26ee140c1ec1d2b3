//! What the functions of a template come to, where that is known before it is deployed.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>

use super::{Pseudo, Resource};
use crate::collect::eks_token::partition_dns_suffix;
use crate::files::defined::{PolicyRef, RoleRef};
use crate::files::tree::Tree;
use irsa_doctor_checks::partition;
use irsa_doctor_checks::snapshot::Observed;
use irsa_doctor_iam::json::{Member, Node, Value};

/// Functions in functions, deeper than anybody writes them.
const DEPTH: usize = 64;

/// Whether a value says that nothing stands in its place.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/pseudo-parameter-reference.html>
pub(super) fn is_no_value(value: &Value) -> bool {
    matches!(value.members(), [only] if only.key == "Ref" && only.value.text() == Some("AWS::NoValue"))
}

/// A template, and what stands for its surroundings.
pub(super) struct Template<'t> {
    pub(super) file: usize,
    document: &'t Value,
    pseudo: &'t Pseudo,
}

impl<'t> Template<'t> {
    pub(super) fn new(file: usize, document: &'t Value, pseudo: &'t Pseudo) -> Self {
        Self { file, document, pseudo }
    }

    /// Its resources, in order.
    pub(super) fn resources(&self) -> impl Iterator<Item = Resource<'t>> + use<'t> {
        static NOTHING: Value =
            Value { node: Node::Null, position: irsa_doctor_iam::json::Position { offset: 0, line: 1, column: 1 } };
        let members = self.document.get("Resources").map(Tree::members).unwrap_or_default();
        members.iter().filter_map(|member| {
            let kind = member.value.text_of("Type")?;
            let properties = member.value.get("Properties").unwrap_or(&NOTHING);
            Some(Resource { id: &member.key, kind, properties, is_conditional: member.value.get("Condition").is_some() })
        })
    }

    fn resource(&self, id: &str) -> Option<Resource<'t>> {
        self.resources().find(|resource| resource.id == id)
    }

    /// A property that is text: not there, known, or known once the stack is there.
    pub(super) fn text(&self, resource: &Resource<'_>, key: &str) -> Observed<String> {
        let Some(value) = resource.property(key) else { return Observed::Absent };
        match self.resolved_text(value) {
            Some(text) => Observed::Present(text),
            None => Observed::Unavailable(resource.later(key)),
        }
    }

    /// A value's text, where it is known.
    pub(super) fn resolved_text(&self, value: &Value) -> Option<String> {
        self.as_text(value, DEPTH)
    }

    /// A value without functions, where what they come to is known.
    pub(super) fn resolved(&self, value: &Value) -> Option<Value> {
        self.resolve(value, DEPTH)
    }

    fn resolve(&self, value: &Value, depth: usize) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        let node = match &value.node {
            Node::Array(items) => {
                let kept = items.iter().filter(|item| !is_no_value(item));
                Node::Array(kept.map(|item| self.resolve(item, depth)).collect::<Option<_>>()?)
            }
            Node::Object(members) => match members.as_slice() {
                [only] if only.key == "Ref" || only.key.starts_with("Fn::") => {
                    Node::String(self.function(&only.key, &only.value, depth)?)
                }
                members => {
                    let member = |member: &Member| {
                        Some(Member {
                            value: self.resolve(&member.value, depth)?,
                            key: member.key.clone(),
                            position: member.position,
                        })
                    };
                    let kept = members.iter().filter(|member| !is_no_value(&member.value));
                    Node::Object(kept.map(member).collect::<Option<_>>()?)
                }
            },
            node => node.clone(),
        };
        Some(Value { node, position: value.position })
    }

    /// What a function comes to, where that is text.
    fn function(&self, name: &str, given: &Value, depth: usize) -> Option<String> {
        match name {
            "Ref" => self.reference(given.text()?, depth),
            "Fn::GetAtt" => match given.items() {
                [id, attribute] => self.attribute(id.text()?, attribute.text()?, depth),
                _ => given.text().and_then(|text| text.split_once('.')).and_then(|(id, of)| self.attribute(id, of, depth)),
            },
            "Fn::Join" => {
                let [between, parts] = given.items() else { return None };
                let parts = parts.items().iter().map(|part| self.as_text(part, depth)).collect::<Option<Vec<_>>>()?;
                Some(parts.join(between.text()?))
            }
            "Fn::Sub" => match given.items() {
                [text, variables] => self.substitute(text.text()?, Some(variables), depth),
                _ => self.substitute(given.text()?, None, depth),
            },
            _ => None,
        }
    }

    fn as_text(&self, value: &Value, depth: usize) -> Option<String> {
        match self.resolve(value, depth)?.node {
            Node::String(text) | Node::Number(text) => Some(text),
            _ => None,
        }
    }

    /// A text with `${Name}`s put in; `${!Name}` stands for itself.
    fn substitute(&self, text: &str, variables: Option<&Value>, depth: usize) -> Option<String> {
        let mut done = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}')?;
            done.push_str(before);
            if let Some(literal) = name.strip_prefix('!') {
                done.push_str("${");
                done.push_str(literal);
                done.push('}');
            } else if let Some(given) = variables.and_then(|variables| variables.get(name.trim())) {
                done.push_str(&self.as_text(given, depth)?);
            } else {
                let name = name.trim();
                let put = match name.split_once('.') {
                    Some((id, attribute)) => self.attribute(id, attribute, depth)?,
                    None => self.reference(name, depth)?,
                };
                done.push_str(&put);
            }
            rest = after;
        }
        done.push_str(rest);
        Some(done)
    }

    /// What `Ref` gives: a pseudo parameter, the name of a role, the ARN of a policy or a provider.
    fn reference(&self, name: &str, depth: usize) -> Option<String> {
        match name {
            "AWS::AccountId" => return self.pseudo.account.clone(),
            "AWS::Region" => return self.pseudo.region.clone(),
            "AWS::Partition" => return Some(self.partition().to_owned()),
            "AWS::URLSuffix" => return Some(partition_dns_suffix(self.partition()).to_owned()),
            _ => {}
        }
        let resource = self.resource(name)?;
        match resource.kind {
            "AWS::IAM::Role" => self.as_text(resource.property("RoleName")?, depth),
            "AWS::EKS::Cluster" => self.as_text(resource.property("Name")?, depth),
            "AWS::IAM::ManagedPolicy" | "AWS::IAM::OIDCProvider" => self.arn(&resource, depth),
            _ => None,
        }
    }

    fn attribute(&self, id: &str, attribute: &str, depth: usize) -> Option<String> {
        let resource = self.resource(id)?;
        match attribute {
            "Arn" | "PolicyArn" => self.arn(&resource, depth),
            _ => None,
        }
    }

    /// The ARN that a resource will have, where its name and account are known.
    fn arn(&self, resource: &Resource<'_>, depth: usize) -> Option<String> {
        let account = self.pseudo.account.as_ref()?;
        let text = |key: &str| resource.property(key).map(|value| self.as_text(value, depth));
        let of_iam = |what: String| format!("arn:{}:iam::{account}:{what}", self.partition());
        let path = text("Path").unwrap_or_else(|| Some("/".to_owned()));
        Some(match resource.kind {
            "AWS::IAM::Role" => of_iam(format!("role{}{}", path?, text("RoleName")??)),
            "AWS::IAM::ManagedPolicy" => of_iam(format!("policy{}{}", path?, text("ManagedPolicyName")??)),
            "AWS::IAM::OIDCProvider" => {
                let url = text("Url")??;
                of_iam(format!("oidc-provider/{}", url.strip_prefix("https://").unwrap_or(&url)))
            }
            _ => return None,
        })
    }

    fn partition(&self) -> &'static str {
        partition::of_region(self.pseudo.region.as_deref().unwrap_or_default())
    }

    /// The role of the template that a value refers to, or the one that it names.
    pub(super) fn role(&self, value: &Value) -> Option<RoleRef> {
        if let Some(id) = self.referred(value, "AWS::IAM::Role") {
            return Some(RoleRef::Defined((self.file, id)));
        }
        let text = self.resolved_text(value)?;
        Some(if text.starts_with("arn:") { RoleRef::Arn(text) } else { RoleRef::Name(text) })
    }

    /// The managed policy that a value refers to, or the ARN that it is.
    pub(super) fn policy(&self, value: &Value) -> Option<PolicyRef> {
        if let Some(id) = self.referred(value, "AWS::IAM::ManagedPolicy") {
            return Some(PolicyRef::Defined((self.file, id)));
        }
        self.resolved_text(value).map(PolicyRef::Arn)
    }

    /// The logical id that `Ref` or `Fn::GetAtt` names, if it is of this type.
    fn referred(&self, value: &Value, kind: &str) -> Option<String> {
        let [only] = value.members() else { return None };
        let id = match only.key.as_str() {
            "Ref" => only.value.text()?,
            "Fn::GetAtt" => only.value.items().first().and_then(Tree::text).or_else(|| only.value.text()?.split('.').next())?,
            _ => return None,
        };
        self.resource(id).filter(|resource| resource.kind == kind).map(|resource| resource.id.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::tree;

    #[test]
    fn the_surroundings_follow_from_the_region() {
        let documents =
            tree::documents(r#"{"p": {"Ref": "AWS::Partition"}, "s": {"Fn::Sub": "sts.${AWS::URLSuffix}"}}"#).unwrap();
        for (region, partition, host) in [
            (None, "aws", "sts.amazonaws.com"),
            (Some("us-gov-west-1"), "aws-us-gov", "sts.amazonaws.com"),
            (Some("cn-north-1"), "aws-cn", "sts.amazonaws.com.cn"),
            (Some("us-iso-east-1"), "aws-iso", "sts.c2s.ic.gov"),
            (Some("eusc-de-east-1"), "aws-eusc", "sts.amazonaws.eu"),
        ] {
            let pseudo = Pseudo { account: None, region: region.map(str::to_owned) };
            let template = Template::new(0, &documents[0], &pseudo);
            let text = |key: &str| template.resolved_text(documents[0].get(key).unwrap());
            assert_eq!((text("p").as_deref(), text("s").as_deref()), (Some(partition), Some(host)), "{region:?}");
        }
    }
}
