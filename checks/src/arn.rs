//! The ARN of an IAM role, taken apart.

use irsa_doctor_iam::arn::is_account_id;

/// The parts of a role's ARN.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoleArn<'a> {
    /// `aws`, `aws-cn`, ...
    pub partition: &'a str,
    /// Twelve digits.
    pub account: &'a str,
    /// The path, from `/` to `/`; `/` where there is none.
    pub path: &'a str,
    /// The name: what follows the last slash.
    pub name: &'a str,
}

impl<'a> RoleArn<'a> {
    /// Takes a role's ARN apart; `None` if it isn't one to the letter.
    pub fn parse(arn: &'a str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        let (scheme, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
        let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
        let path_and_name = resource.strip_prefix("role")?;
        let (path, name) = path_and_name.split_at(path_and_name.rfind('/')? + 1);
        let known = scheme == "arn" && service == "iam" && region.is_empty();
        let account_fits = is_account_id(account);
        let partition_fits = partition.starts_with("aws")
            && partition.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        let name_fits = !name.is_empty() && name.len() <= 64 && name.chars().all(is_name_character);
        // A path may hold colons, but a second ARN in it makes a list of two.
        let path_fits = path.starts_with('/')
            && path.len() <= 512
            && path.chars().all(|c| ('\u{21}'..='\u{7e}').contains(&c))
            && !path.contains("arn:");
        (known && account_fits && partition_fits && name_fits && path_fits).then_some(Self { partition, account, path, name })
    }
}

/// The characters of a role's name.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>
fn is_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_+=,.@-".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_role_apart() {
        let arn = RoleArn::parse("arn:aws-cn:iam::123456789012:role/team/a/my-role").unwrap();
        assert_eq!((arn.partition, arn.account, arn.path, arn.name), ("aws-cn", "123456789012", "/team/a/", "my-role"));
        assert_eq!(RoleArn::parse("arn:aws:iam::123456789012:role/r").unwrap().path, "/");
    }

    #[test]
    fn takes_nothing_else() {
        for arn in [
            "",
            "my-role",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:iam::123456789012:role/r ",
            " arn:aws:iam::123456789012:role/r",
            "arn:aws:iam::12345678901:role/r",
            "arn:aws:iam::123456789012:user/r",
            "arn:aws:iam::123456789012:rolex/r",
            "arn:aws:iam::<account>:role/r",
            "arn:azure:iam::123456789012:role/r",
            "arn:aws<cn>:iam::123456789012:role/r",
            "arn:aws:iam:us-east-1:123456789012:role/r",
            "arn:aws:iam::123456789012:role/r\n",
            "arn:aws:sts::123456789012:assumed-role/r/s",
            "arn:aws:iam::123456789012:instance-profile/r",
            "arn:aws:iam::123456789012:role/r,arn:aws:iam::123456789012:role/s",
        ] {
            assert_eq!(RoleArn::parse(arn), None, "{arn:?}");
        }
    }
}
