# Keys for tokens and cookies that GeneratedValue rotates; docs/generated.md has the other kinds.
# Tokens can be signed from the first rotation on; begin it with RotateSecret, or wait for the schedule.

variable "kms_key_arn" {
  type        = string
  default     = null
  description = "The customer key of the secret; null for aws/secretsmanager"
}

module "secret" {
  source      = "../secret"
  name        = "orders-keys-terraform"
  description = "A keyring for tokens, and a key for cookies"
  kms_key_arn = var.kms_key_arn
  function    = "GeneratedValue"
  generated   = "cookie_key"
  document = {
    jwt = null
    rotation = {
      generate = {
        jwt        = { kind = "ed25519", keyring = true }
        cookie_key = "text"
      }
    }
  }
}

output "secret_arn" {
  value = module.secret.arn
}
