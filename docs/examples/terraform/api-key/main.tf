# A JupyterHub token that HttpApiKey rotates; docs/issuer-descriptions.md has the other issuers' fields.
# Needs of the functions' stack: HttpApiKey and a way to the hub; AllowPrivateIssuers=true where that
# has a private address. Generated keys are placeholders: put the real ones, and key_id, with
# PutSecretValue, so that none is in a state.

variable "hub_url" {
  type        = string
  description = "The base of the hub's API, such as https://hub.example.org/hub/api"
}

variable "kms_key_arn" {
  type        = string
  default     = null
  description = "The customer key of the secret; null for aws/secretsmanager"
}

variable "admin_kms_key_arn" {
  type        = string
  default     = null
  description = "The customer key of the admin's secret; null for aws/secretsmanager"
}

module "admin" {
  source      = "../secret"
  name        = "rotation-issuer/hub"
  description = "May issue and revoke tokens of app, and no others"
  kms_key_arn = var.admin_kms_key_arn
  generated   = "api_key"
  document    = { issuer_url = var.hub_url }
}

module "secret" {
  source      = "../secret"
  name        = "hub-app-terraform"
  description = "A token of the hub's user app"
  kms_key_arn = var.kms_key_arn
  function    = "HttpApiKey"
  generated   = "api_key"
  document = {
    issuer           = "jupyterhub"
    issuer_url       = var.hub_url
    owner            = "app"
    key_id           = "a1"
    admin_secret_arn = module.admin.arn
  }
}

output "secret_arn" {
  value = module.secret.arn
}
