/** Among the most used packages of Packagist, as of 2025. */
export const popularPackagist = `
aws/aws-sdk-php barryvdh/laravel-debugbar barryvdh/laravel-ide-helper brick/math composer/ca-bundle composer/composer composer/installers
composer/pcre composer/semver composer/xdebug-handler container-interop/container-interop dflydev/dot-access-data doctrine/annotations
doctrine/cache doctrine/collections doctrine/common doctrine/dbal doctrine/deprecations doctrine/doctrine-bundle doctrine/event-manager
doctrine/inflector doctrine/instantiator doctrine/lexer doctrine/migrations doctrine/orm doctrine/persistence dompdf/dompdf
dragonmantank/cron-expression egulias/email-validator ezyang/htmlpurifier fakerphp/faker filp/whoops firebase/php-jwt
friendsofphp/php-cs-fixer fruitcake/php-cors fzaninotto/faker google/apiclient google/auth graham-campbell/result-type guzzlehttp/guzzle
guzzlehttp/promises guzzlehttp/psr7 guzzlehttp/uri-template hamcrest/hamcrest-php illuminate/collections illuminate/contracts
illuminate/database illuminate/support intervention/image laminas/laminas-diactoros laravel/framework laravel/passport laravel/pint
laravel/sail laravel/sanctum laravel/serializable-closure laravel/socialite laravel/tinker lcobucci/jwt league/commonmark league/config
league/csv league/flysystem league/flysystem-aws-s3-v3 league/mime-type-detection league/oauth2-client league/oauth2-server
maatwebsite/excel mockery/mockery monolog/monolog mtdowling/jmespath.php myclabs/deep-copy nesbot/carbon nikic/fast-route
nikic/php-parser nunomaduro/collision nyholm/psr7 paragonie/random_compat paragonie/sodium_compat phar-io/manifest phar-io/version
php-http/discovery phpdocumentor/reflection-common phpdocumentor/reflection-docblock phpdocumentor/type-resolver phpmailer/phpmailer
phpoffice/phpspreadsheet phpoption/phpoption phpseclib/phpseclib phpspec/prophecy phpstan/phpdoc-parser phpstan/phpstan
phpunit/php-code-coverage phpunit/php-file-iterator phpunit/php-timer phpunit/phpunit pimple/pimple predis/predis psr/cache psr/clock
psr/container psr/event-dispatcher psr/http-client psr/http-factory psr/http-message psr/log psr/simple-cache psy/psysh
ralouphie/getallheaders ramsey/collection ramsey/uuid react/promise rector/rector sebastian/comparator sebastian/diff
sebastian/environment sebastian/exporter sentry/sentry spatie/laravel-permission spatie/laravel-ignition squizlabs/php_codesniffer
stripe/stripe-php swiftmailer/swiftmailer symfony/cache symfony/config symfony/console symfony/css-selector
symfony/dependency-injection symfony/deprecation-contracts symfony/dom-crawler symfony/error-handler symfony/event-dispatcher
symfony/filesystem symfony/finder symfony/framework-bundle symfony/http-client symfony/http-foundation symfony/http-kernel
symfony/mailer symfony/mime symfony/options-resolver symfony/polyfill-ctype symfony/polyfill-mbstring symfony/process symfony/routing
symfony/security-core symfony/service-contracts symfony/string symfony/translation symfony/twig-bundle symfony/validator
symfony/var-dumper symfony/yaml theseer/tokenizer tijsverkoyen/css-to-inline-styles twig/twig vimeo/psalm vlucas/phpdotenv
voku/portable-ascii webmozart/assert wikimedia/composer-merge-plugin yajra/laravel-datatables yiisoft/yii2
`;
