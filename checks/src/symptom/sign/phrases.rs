//! What AWS and its SDKs write for each kind of thing: without white space and in lower case, as [`Text::has`] wants it,
//! where nothing else is said.
//!
//! [`Text::has`]: super::super::text::Text::has

use super::Sign;

/// Phrases that AWS and its SDKs alone use: without white space, in lower case. The first that fits decides.
pub(super) const PHRASES: &[(Sign, &[&str])] = &[
    (Sign::NoProvider, &["noopenidconnectproviderfoundinyouraccount"]),
    (Sign::TokenAudience, &["incorrecttokenaudience"]),
    (
        Sign::IssuerUnreachable,
        &[
            "couldn'tretrieveverificationkeyfromyouridentityprovider",
            "couldnotretrieveverificationkeyfromyouridentityprovider",
            "certificatedoesn'tmatchconfiguredthumbprint",
            "openidconnectprovider'shttpscertificate",
            "idpcommunicationerror",
        ],
    ),
    (Sign::TokenExpired, &["tokenexpired:currentdate/time", "tokentooold:", "idprejectedclaim"]),
    (
        Sign::TokenMalformed,
        &[
            "theidtokenprovidedisnotavalidjwt",
            "thewebidentitytokenprovidedcouldnotbevalidated",
            "providedtokenisnotaloginwithamazontoken",
            "at'webidentitytoken'failedtosatisfyconstraint",
            "missingaclaim",
            "thewebidentitytokenthatwaspassedisexpiredorisnotvalid",
        ],
    ),
    (Sign::RegionDisabled, &["regiondisabledexception", "stsisnotactivatedinthisregion"]),
    (
        Sign::RequestInvalid,
        &[
            "requestarnisinvalid",
            "at'rolearn'failedtosatisfyconstraint",
            "at'rolesessionname'failedtosatisfyconstraint",
            "at'durationseconds'failedtosatisfyconstraint",
            "durationsecondsexceedsthemaxsessionduration",
            "durationsecondsexceedsthe1hoursessionlimit",
            "packedpolicytoolarge",
            "packedsizeofsessiontags",
        ],
    ),
    (
        Sign::WebIdentityRefused,
        &["notauthorizedtoperformsts:assumerolewithwebidentity", "notauthorizedtoperform:sts:assumerolewithwebidentity"],
    ),
    (
        Sign::KeyRefused,
        &[
            "accesstokmsisnotallowed",
            "theciphertextreferstoacustomermasterkeythatdoesnotexist",
            "theciphertextreferstoakeythatdoesnotexist",
            "kms.accessdeniedexception",
            "kmsaccessdenied",
        ],
    ),
    (
        Sign::NoStsModule,
        &[
            "theaws-java-sdk-stsmodulemustbeontheclasspath",
            "the'sts'servicemodulemustbeontheclasspath",
            "assemblyawssdk.securitytokencouldnotbefound",
            "awssdk.securitytokencouldnotbefoundorloaded",
            "@aws-sdk/client-sts'",
            "noclassdeffounderror:software/amazon/awssdk/services/sts",
        ],
    ),
    (Sign::PodIdentityMissing, &["noassociationfoundforserviceaccount"]),
    (Sign::PodIdentityRefused, &["eksdoesnothavepermissionstoassumetheassociatedrole"]),
    (Sign::NoCredentials, &["aniamrolemustbeassociatedwithserviceaccount", "noauthwithawsexception:noawscredentialsprovidedby"]),
    (Sign::ClockSkew, &["requesttimetooskewed", "signatureexpired:", "signaturenotyetcurrent:"]),
];

/// Phrases of failures that anybody's program may write; they count only beside a mark of AWS.
pub(super) const NO_CREDENTIALS: &[&str] = &[
    "nocredentialproviders",
    "unabletolocatecredentials",
    "nocredentialserror",
    "partialcredentialserror",
    "couldnotloadcredentialsfromanyproviders",
    "missingcredentialsinconfig",
    "unabletoloadawscredentialsfromanyproviderinthechain",
    "unabletoloadcredentialsfromanyoftheprovidersinthechain",
    "noec2imdsrolefound",
    "ec2metadataerror",
    "failedtogetec2instancemetadata",
    "anerroroccurredwhileloadingcredentials",
    "thecredentialproviderwasnotenabled",
    "nocredentialsinthepropertybag",
    "nocredentialsproviderwasabletoprovidecredentials",
    "missingcredentialserror",
    "unabletosignrequestwithoutcredentialsset",
    "unabletogetiamsecuritycredentialsfromec2instancemetadataservice",
    "failedtoresolveawscredentials",
    "cannotfindcredentials",
    "failedtorefreshcachedcredentials,nocredentials",
    "noproviderinchainprovidedcredentials",
    "noprovidersinchainprovidedcredentials",
    "credentialsnotloaded(",
    "providerreturnednocredentials",
    "errorretrievingcredentialsfromtheinstanceprofilemetadata",
    "credentialsprovidererror",
    "novalidcredentialsourcesfound",
    "novalidprovidersinchain",
    "resolvedcredentialobjectisnotvalid",
];

/// The same, of regions.
pub(super) const NO_REGION: &[&str] = &[
    "missingregion",
    "regionismissing",
    "noregionfound",
    "noregionwasprovided",
    "unabletoloadregionfromanyoftheproviders",
    "youmustspecifyaregion",
    "unabletofindaregionviatheregionproviderchain",
    "missingrequiredaws_regionenvvariable",
    "noregionendpointorserviceurlconfigured",
    "aninvalidregionismissing",
    "lookupsts..amazonaws.com",
    "https://sts..amazonaws.com",
    "noregionerror",
    "invalidconfiguration:missingregion",
];

/// Failures of the network.
pub(super) const TRANSPORT: &[&str] = &[
    "i/otimeout",
    "contextdeadlineexceeded",
    "connecttimeoutonendpointurl",
    "readtimeoutonendpointurl",
    "couldnotconnecttotheendpointurl",
    "nosuchhost",
    "servermisbehaving",
    "connectionrefused",
    "connectionreset",
    "proxyconnecttcp",
    "proxyauthenticationrequired",
    "unabletoexecutehttprequest",
    "unknownhostexception",
    "connecttimedout",
    "connectiontimedout",
    "enotfound",
    "eai_again",
    "etimedout",
    "econnrefused",
    "econnreset",
    "x509:",
    "certificate_verify_failed",
    "sslvalidationfailed",
    "unabletogetlocalissuercertificate",
    "pkixpathbuildingfailed",
    "tlshandshaketimeout",
    "dispatchfailure:io",
    "dispatchfailure:timeout",
    "curlerror",
    "failedtolookupaddress",
    "temporaryfailureinnameresolution",
    "nameorservicenotknown",
    "noroutetohost",
    "networkisunreachable",
    "requestcanceled",
    "requestsendfailed",
];

/// What an SDK says of an answer of STS that STS didn't give.
pub(super) const WRONG_ENDPOINT: &[&str] =
    &["failedtounmarshalerrormessage", "failedtounmarshalresponseerror", "(2011-06-15)", "2011-06-15ofservice"];

/// Codes that STS doesn't have, which others answer its operations with.
pub(super) const NOT_OF_STS: [&str; 3] = ["NoSuchVersion", "MethodNotAllowed", "UnknownOperationException"];

/// Codes by what they mean, where no phrase says more.
pub(super) const BY_CODE: &[(Sign, &[&str])] = &[
    (
        Sign::Throttled,
        &[
            "Throttling",
            "ThrottlingException",
            "Throttled",
            "RequestLimitExceeded",
            "TooManyRequestsException",
            "SlowDown",
            "RequestThrottled",
            "RequestThrottledException",
            "LimitExceededException",
            "PriorRequestNotComplete",
        ],
    ),
    (Sign::ClockSkew, &["RequestTimeTooSkewed", "RequestInTheFuture"]),
    (Sign::SessionExpired, &["ExpiredToken", "ExpiredTokenException", "RequestExpired"]),
    (
        Sign::KeysInvalid,
        &[
            "InvalidClientTokenId",
            "UnrecognizedClientException",
            "InvalidAccessKeyId",
            "AuthFailure",
            "InvalidToken",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
        ],
    ),
    (Sign::SignatureDiffers, &["SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature"]),
    (
        Sign::Refused,
        &[
            "AccessDenied",
            "AccessDeniedException",
            "AccessDenied.Exception",
            "UnauthorizedOperation",
            "Client.UnauthorizedOperation",
            "AuthorizationError",
            "AuthorizationErrorException",
            "AWS.SimpleQueueService.AccessDenied",
            "NotAuthorized",
            "NotAuthorizedException",
            "Forbidden",
            "403",
            "ACCESS_DENIED",
            "Unauthorized",
            "AllAccessDisabled",
        ],
    ),
];

/// Words that only texts about AWS have.
pub(super) const MARKS: &[&str] = &[
    "amazonaws.com",
    "arn:aws",
    "aws-sdk",
    "awssdk",
    "botocore",
    "boto3",
    "com.amazonaws",
    "software.amazon",
    "aws_access_key_id",
    "aws_region",
    "aws_default_region",
    "aws_web_identity",
    "aws_role_arn",
    "ec2imds",
    "webidentityerr",
    "awscredentials",
    "credentialsprovidererror",
    "nocredentialproviders",
    "aws::",
    "sharedcredentialsprovider",
    "aws_sdk_load_config",
    "awsdefaultchain",
    "awscredentialsproviderchain",
    "amazon.runtime",
    "amazons3",
    "awsconfig",
    "awserror",
    "s3:",
    "aws_config",
    "169.254.169.254",
    "169.254.170.2",
    "awsregion",
    "awssession",
    "awscli",
    "aws-cli",
    "missingregion:",
    "[aws_credentials]",
    "[aws_client]",
];

/// Phrases that are an SDK's own, whatever stands beside them.
pub(super) const SDK_PHRASES: &[&str] = &[
    "unabletolocatecredentials",
    "nocredentialproviders:novalidprovidersinchain",
    "couldnotloadcredentialsfromanyproviders",
    "missingcredentialsinconfig",
    "noec2imdsrolefound",
    "noregionerror",
    "unabletoloadregionfromanyoftheproviders",
    "unabletofindaregionviatheregionproviderchain",
    "noregionendpointorserviceurlconfigured",
    "invalidconfiguration:missingregion",
];

/// botocore's sentence, by its capital and its full stop: others write the words within a longer one.
pub(super) const BOTO_REGION: &str = "Youmustspecifyaregion.";
