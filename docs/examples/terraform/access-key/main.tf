# An access key of an IAM user that IamAccessKey rotates; docs/iam.md has the fields for SES.
# Needs of the functions' stack: IamAccessKey, a way to IAM and STS, and the user's path and name among
# its IamUserPrefixes, as rotation/mailer is by default. The generated key is a placeholder: put the
# user's own, with access_key_id, with PutSecretValue, so that none is in a state.

variable "user_name" {
  type        = string
  description = "The user's name, without its path, such as mailer"
}

variable "kms_key_arn" {
  type        = string
  default     = null
  description = "The customer key of the secret; null for aws/secretsmanager"
}

module "secret" {
  source      = "../secret"
  name        = "mailer-terraform"
  description = "An access key of an IAM user"
  kms_key_arn = var.kms_key_arn
  function    = "IamAccessKey"
  generated   = "secret_access_key"
  document = {
    username      = var.user_name
    access_key_id = "put-its-id"
  }
}

output "secret_arn" {
  value = module.secret.arn
}
