terraform {
  required_providers {
    mackerel = {
      source = "mackerelio-labs/mackerel"
    }
  }
}

import {
  to = mackerel_monitor.cart_errors
  id = "2fake000001"
}

resource "mackerel_monitor" "cart_errors" {
  name = "cart errors"
  memo = "the cart's developers"

  service_metric {
    service                  = "shops"
    metric                   = "cart.errors"
    operator                 = ">"
    warning                  = 7
    critical                 = 10.5
    duration                 = 3
    missing_duration_warning = 30
  }
}

import {
  to = mackerel_monitor.cpu
  id = "2fake000002"
}

resource "mackerel_monitor" "cpu" {
  name = "CPU"

  host_metric {
    metric   = "cpu%"
    operator = ">"
    critical = 90
    duration = 5
    scopes   = ["batch", "shops:web"]
  }
}

resource "mackerel_monitor" "page_of_shop" {
  name = "page | of \"$${shop}\""

  external {
    url     = "https://shop.example/"
    headers = var.page_of_shop_headers
    method  = "GET"
  }
}

variable "page_of_shop_headers" {
  type      = map(string)
  sensitive = true
}
