//! The change in each owner's own terms.

use super::*;

/// The change that an owner is told to make.
fn told(snapshot: &Snapshot, owner: &Owner, subject: Subject, change: Change) -> String {
    testing::evidence(snapshot, |evidence| durable::change(evidence, owner, &Target { subject, change }))
}

fn annotation() -> (Subject, Change) {
    (
        Subject::Object { kind: "ServiceAccount".into(), name: "my-service-account".into() },
        Change::Annotation { key: "eks.amazonaws.com/role-arn".into(), value: Some(testing::ROLE.into()) },
    )
}

#[test]
fn an_annotation_in_each_owners_terms() {
    let snapshot = testing::healthy();
    let told = |owner: &Owner| {
        let (subject, change) = annotation();
        told(&snapshot, owner, subject, change)
    };
    let helm = Owner::Helm { namespace: "shop".into(), release: "api".into(), by_terraform: false };
    let command = "helm upgrade api CHART --version VERSION -n shop --reuse-values --set-string 'serviceAccount.annotations.eks\\.amazonaws\\.com/role-arn=arn:aws:iam::123456789012:role/my-test-role' --kube-context arn:aws:eks:us-east-1:123456789012:cluster/my-cluster`";
    assert!(told(&helm).contains(command), "{}", told(&helm));
    let addon = told(&Owner::Addon { name: "vpc-cni".into() });
    assert_eq!(
        addon,
        "tell the add-on: `aws eks update-addon --cluster-name my-cluster --addon-name vpc-cni --service-account-role-arn arn:aws:iam::123456789012:role/my-test-role --resolve-conflicts PRESERVE --region us-east-1`"
    );
    let eksctl = told(&Owner::Eksctl { cluster: None, account: Some("shop/api".into()), likely: false });
    assert!(eksctl.contains("--approve --region us-east-1`"), "{eksctl}");
    assert!(
        eksctl.contains("eksctl create iamserviceaccount --cluster my-cluster --namespace shop --name api --attach-role-arn"),
        "{eksctl}"
    );
    let terraform = told(&Owner::Code { tool: "Terraform", mark: String::new(), likely: false });
    assert!(
        terraform.contains("kubernetes_service_account_v1")
            && terraform.contains("metadata.annotations[\"eks.amazonaws.com/role-arn\"]"),
        "{terraform}"
    );
    let argo = told(&Owner::ArgoCd { application: "shop".into(), likely: false });
    assert!(argo.contains("Git source of Application shop") && argo.contains(testing::ROLE), "{argo}");
}

#[test]
fn a_trust_policy_in_each_owners_terms() {
    let snapshot = testing::healthy();
    let told = |owner: &Owner| told(&snapshot, owner, Subject::Role(testing::ROLE.into()), Change::Trust);
    let terraform = told(&Owner::Code { tool: "Terraform", mark: String::new(), likely: true });
    assert!(terraform.contains("assume_role_policy") && terraform.contains("namespace_service_accounts"), "{terraform}");
    let stack = told(&Owner::CloudFormation { stack: "iam".into(), resource: Some("ApiRole".into()) });
    assert!(stack.contains("AssumeRolePolicyDocument of resource ApiRole in the template of stack iam"), "{stack}");
    let crossplane = told(&Owner::Controller { tool: "Crossplane", resource: "role api".into() });
    assert!(crossplane.contains("spec.forProvider.assumeRolePolicy of role api"), "{crossplane}");
}

#[test]
fn what_hostile_names_bring_is_quoted() {
    let snapshot = testing::healthy();
    let (subject, _) = annotation();
    let helm = Owner::Helm { namespace: "n".into(), release: "a; rm -rf / #".into(), by_terraform: false };
    let change = Change::Annotation { key: "k".into(), value: Some("x,y\\z$(id)".into()) };
    let said = told(&snapshot, &helm, subject, change);
    assert!(said.contains("helm upgrade 'a; rm -rf / #' CHART"), "{said}");
    assert!(said.contains("--set-string 'serviceAccount.annotations.k=x\\,y\\\\z$(id)'"), "{said}");
}

#[test]
fn the_first_write_says_what_is_changed() {
    let mut snapshot = testing::healthy();
    testing::annotate(&mut snapshot, "eks.amazonaws.com/audience", Some(""));
    testing::annotate(&mut snapshot, "meta.helm.sh/release-name", Some("api"));
    let report = crate::diagnose::diagnose(&snapshot);
    let fix = report.targets[0].findings[0].finding.fix.clone().unwrap();
    assert_eq!(fix.managed_by.as_deref(), Some("Helm release default/api"));
    let durable = fix.durable.unwrap();
    assert!(durable.contains("--set 'serviceAccount.annotations.eks\\.amazonaws\\.com/audience=null'"), "{durable}");
    assert!(durable.ends_with("the next helm upgrade may undo the command"), "{durable}");
}

#[test]
fn an_annotation_goes_in_terraforms_terms() {
    let snapshot = testing::healthy();
    let (subject, _) = annotation();
    let owner = Owner::Code { tool: "Terraform", mark: String::new(), likely: false };
    let change = Change::Annotation { key: "eks.amazonaws.com/audience".into(), value: None };
    let said = told(&snapshot, &owner, subject, change);
    assert!(said.contains("in Terraform: no metadata.annotations[\"eks.amazonaws.com/audience\"] in the resource"), "{said}");
}

const INLINE: &str = "irsa-doctor";

/// An owner that takes the change in plain words, and what it is told.
fn plain(subject: Subject, change: Change) -> String {
    let owner = Owner::Code { tool: "Ansible", mark: String::new(), likely: true };
    told(&testing::healthy(), &owner, subject, change)
}

fn workload() -> Subject {
    Subject::Object { kind: "Deployment".into(), name: "api".into() }
}

fn role() -> Subject {
    Subject::Role("arn:aws:iam::123456789012:role/team/api".into())
}

#[test]
fn what_is_to_change_is_said_with_its_object() {
    let (account, set) = annotation();
    let other = |value: Option<&str>| Change::Annotation { key: "k".into(), value: value.map(str::to_owned) };
    let provider = Subject::Provider("arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/A".into());
    for (subject, change, words) in [
        (
            account.clone(),
            set,
            "set annotation eks.amazonaws.com/role-arn=arn:aws:iam::123456789012:role/my-test-role of ServiceAccount my-service-account",
        ),
        (account, other(None), "take annotation k away from ServiceAccount my-service-account"),
        (workload(), Change::AccountName("api".into()), "set serviceAccountName: api in the pod template of Deployment api"),
        (workload(), Change::Template, "make the same change of the pod template of Deployment api"),
        (role(), Change::Trust, "make the same change of the trust policy of role api"),
        (role(), Change::Inline(INLINE.into()), "allow role api the same"),
        (role(), Change::Attach(testing::POLICY.into()), "attach arn:aws:iam::123456789012:policy/my-test-policy to role api"),
        (
            provider,
            Change::Audience("sts.amazonaws.com".into()),
            "add audience sts.amazonaws.com to provider oidc.eks.eu-west-1.amazonaws.com/id/A",
        ),
    ] {
        assert_eq!(plain(subject, change), format!("{words} in the playbook"));
    }
}

#[test]
fn a_chart_is_told_the_value_that_most_charts_have() {
    let snapshot = testing::healthy();
    let (account, set) = annotation();
    let take = Change::Annotation { key: "eks.amazonaws.com/audience".into(), value: None };
    let chart = Owner::Chart { name: None };
    for (subject, change, value) in [
        (
            account.clone(),
            set,
            ": in most charts serviceAccount.annotations.\"eks.amazonaws.com/role-arn\": arn:aws:iam::123456789012:role/my-test-role",
        ),
        (account, take, ": in most charts serviceAccount.annotations.\"eks.amazonaws.com/audience\": null"),
        (workload(), Change::AccountName("api".into()), ": in most charts serviceAccount.name: api"),
        (workload(), Change::Template, ""),
    ] {
        let said = told(&snapshot, &chart, subject, change);
        assert!(said.ends_with(&format!(" in the values that the chart is rendered with{value}")), "{said}");
    }
}

#[test]
fn a_release_gets_a_command_where_a_value_is_known() {
    let snapshot = testing::healthy();
    let release = |by_terraform: bool| Owner::Helm { namespace: "shop".into(), release: "api".into(), by_terraform };
    let name = || Change::AccountName("api,x".into());
    let said = told(&snapshot, &release(false), workload(), name());
    assert!(said.contains("--reuse-values --set-string 'serviceAccount.name=api\\,x' --kube-context"), "{said}");
    assert_eq!(
        told(&snapshot, &release(true), workload(), name()),
        "set serviceAccountName: api,x in the pod template of Deployment api in the values of resource helm_release api: in most charts serviceAccount.name: api,x"
    );
    assert_eq!(
        told(&snapshot, &release(false), workload(), Change::Template),
        "make the same change of the pod template of Deployment api in the values of the release (helm get values api -n shop)"
    );
}

#[test]
fn an_addon_is_told_its_role_and_no_other_annotation() {
    let mut snapshot = testing::healthy();
    let addon = Owner::Addon { name: "vpc-cni".into() };
    let audience = || Change::Annotation { key: "eks.amazonaws.com/audience".into(), value: Some("x".into()) };
    assert_eq!(
        told(&snapshot, &addon, annotation().0, audience()),
        "set annotation eks.amazonaws.com/audience=x of ServiceAccount my-service-account in the configuration values of add-on vpc-cni (aws eks update-addon --configuration-values)"
    );
    assert_eq!(
        told(&snapshot, &addon, Subject::Association, Change::Role(testing::ROLE.into())),
        "tell the add-on: `aws eks update-addon --cluster-name my-cluster --addon-name vpc-cni --pod-identity-associations serviceAccount=my-service-account,roleArn=arn:aws:iam::123456789012:role/my-test-role --resolve-conflicts PRESERVE --region us-east-1`"
    );
    testing::cluster(&mut snapshot).name = None;
    assert_eq!(
        told(&snapshot, &addon, Subject::Association, Change::Role(testing::ROLE.into())),
        "give the association role arn:aws:iam::123456789012:role/my-test-role in the configuration of add-on vpc-cni"
    );
}

#[test]
fn eksctl_is_told_what_it_can_do() {
    let snapshot = testing::healthy();
    let eksctl =
        |account: Option<&str>| Owner::Eksctl { cluster: Some("c".into()), account: account.map(Into::into), likely: false };
    let place = "iam.serviceAccounts of the cluster's config file";
    let audience = Change::Annotation { key: "eks.amazonaws.com/audience".into(), value: Some("x".into()) };
    let plain = format!("set annotation eks.amazonaws.com/audience=x of ServiceAccount my-service-account in {place}");
    let attach = format!(
        "add the policy to attachPolicyARNs in {place}: `eksctl update iamserviceaccount --cluster c --namespace shop --name api --attach-policy-arn arn:aws:iam::123456789012:policy/my-test-policy --approve --region us-east-1`"
    );
    let inline = format!("put it in attachPolicy of shop/api in {place}: `eksctl update iamserviceaccount -f FILE --approve`");
    let trust = format!(
        "eksctl writes the trust policy for shop/api and the cluster's issuer alone: make an entry for default/my-service-account in {place} instead, which gets a role of its own"
    );
    for (subject, change, words) in [
        (annotation().0, audience, plain),
        (role(), Change::Attach(testing::POLICY.into()), attach),
        (role(), Change::Inline(INLINE.into()), inline),
        (role(), Change::Trust, trust),
    ] {
        assert_eq!(told(&snapshot, &eksctl(Some("shop/api")), subject, change), words);
    }
    let unnamed = told(&snapshot, &eksctl(None), role(), Change::Trust);
    assert_eq!(unnamed, format!("make the same change of the trust policy of role api in {place}"));
}

#[test]
fn each_tool_has_its_own_word_for_a_place() {
    let snapshot = testing::healthy();
    let stack = Owner::CloudFormation { stack: "iam".into(), resource: None };
    let pulumi = Owner::Code { tool: "Pulumi", mark: String::new(), likely: false };
    let crossplane = Owner::Controller { tool: "Crossplane", resource: "role api".into() };
    let ack = Owner::Controller { tool: "AWS Controllers for Kubernetes", resource: "iam-v1.3.0".into() };
    let attach = || Change::Attach(testing::POLICY.into());
    for (change, places) in [
        (
            Change::Trust,
            [
                "AssumeRolePolicyDocument",
                "assumeRolePolicy of the role",
                "spec.forProvider.assumeRolePolicy",
                "spec.assumeRolePolicyDocument",
            ],
        ),
        (
            Change::Inline(INLINE.into()),
            ["Policies", "the policies of the role", "a RolePolicy for the role, beside the spec", "spec.inlinePolicies"],
        ),
        (
            attach(),
            [
                "ManagedPolicyArns",
                "the policies of the role",
                "a RolePolicyAttachment for the role, beside the spec",
                "spec.policies",
            ],
        ),
        (
            Change::Audience("x".into()),
            ["ClientIdList", "clientIdLists of the provider", "spec.forProvider.clientIdList", "spec.clientIDs"],
        ),
    ] {
        let what = plain(role(), change.clone()).replace(" in the playbook", "");
        let [property, input, field, spec] = places;
        let told = |owner: &Owner| told(&snapshot, owner, role(), change.clone());
        let update = "the resource in the template of stack iam, and update the stack";
        assert_eq!(told(&stack), format!("{what}: change {property} of {update}"));
        assert_eq!(told(&pulumi), format!("{what} in the Pulumi program: {input}"));
        assert_eq!(told(&crossplane), format!("{what} in {field} of role api"));
        let resource = "of the IAM resource in the cluster that owns it (iam-v1.3.0)";
        assert_eq!(told(&ack), format!("{what} in {spec} {resource}"));
    }
    let (account, set) = annotation();
    for (subject, change, place) in [
        (account, set, "metadata.annotations of the object"),
        (workload(), Change::AccountName("api".into()), "the pod template of the object"),
        (workload(), Change::Template, "the pod template of the object"),
    ] {
        let said = told(&snapshot, &pulumi, subject, change);
        assert!(said.ends_with(&format!(" in the Pulumi program: {place}")), "{said}");
    }
}

#[test]
fn terraform_is_told_the_argument() {
    let owner = Owner::Code { tool: "Terraform", mark: String::new(), likely: false };
    for (subject, change, place) in [
        (workload(), Change::AccountName("api".into()), "spec.template.spec.service_account_name = \"api\""),
        (workload(), Change::Template, "spec.template of the resource"),
        (
            role(),
            Change::Inline(INLINE.into()),
            "a resource aws_iam_role_policy; inline_policy blocks of the role itself take away every other",
        ),
        (
            role(),
            Change::Attach(testing::POLICY.into()),
            "a resource aws_iam_role_policy_attachment; managed_policy_arns of the role itself takes away every other",
        ),
        (
            Subject::Provider(testing::PROVIDER.into()),
            Change::Audience("x".into()),
            "client_id_list of the aws_iam_openid_connect_provider; of module eks, openid_connect_audiences",
        ),
    ] {
        let said = told(&testing::healthy(), &owner, subject, change);
        assert!(said.ends_with(&format!(" in Terraform: {place}")), "{said}");
    }
}
